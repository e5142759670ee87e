-- FCFO as it stands now.

with source as (

    select * from {{ source('raw_rm', 'fcfo') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('rm', 'partner_key') }},
        codcoligada as company_number,
        cast(codcoligada as varchar) as company_code,
        trim(codcfo) as partner_code,
        nome as partner_name,
        {{ tax_id('cgccfo') }} as tax_id,
        {{ blank_to_null('codetd') }} as uf,
        ativo = 0 as is_blocked,
        pagrec as kind
    from source

)

select * from final
