-- FCFO as it stands now. A partner that is customer and supplier (PAGREC 3) has a row in each register. Company 0 stands for all.

with source as (

    select * from {{ source('raw_rm', 'fcfo') }}
    where {{ is_standing() }}

),

partners as (

    select
        {{ envelope('rm', 'partner_key') }},
        cast(codcoligada as varchar) as company_code,
        trim(codcfo) as partner_code,
        nome as partner_name,
        {{ tax_id('cgccfo') }} as tax_id,
        {{ blank_to_null('codetd') }} as uf,
        ativo = 0 as is_blocked,
        pagrec as kind
    from source

),

final as (

    select
        {{ carried_envelope('partners') }},
        partners.company_code,
        partners.partner_key,
        registers.register,
        partners.partner_code,
        partners.partner_name,
        partners.tax_id,
        partners.uf,
        partners.is_blocked
    from partners
    left join {{ partner_registers() }} on partners.kind = registers.kind

)

select * from final
