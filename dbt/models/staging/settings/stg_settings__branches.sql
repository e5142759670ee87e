with source as (

    select * from {{ source('raw_settings', 'branches') }}

),

final as (

    select
        company,
        company_cnpj,
        uf
    from source

)

select * from final
