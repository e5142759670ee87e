with source as (

    select * from {{ source('raw_settings', 'sources') }}

),

final as (

    select
        source,
        system,
        company_code,
        inflow
    from source

)

select * from final
