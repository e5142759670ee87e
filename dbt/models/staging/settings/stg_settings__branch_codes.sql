with source as (

    select * from {{ source('raw_settings', 'branch_codes') }}

),

final as (

    select
        source,
        branch_code,
        company_cnpj
    from source

)

select * from final
