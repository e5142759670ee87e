-- A partner that is customer and supplier (PAGREC 3) has a row in each register. Company 0 stands for all.

with partners as (

    select * from {{ ref('base_rm__partners') }}

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
