with source as (

    select * from {{ source('raw_settings', 'companies') }}

),

final as (

    select
        company,
        sync_activated_on
    from source

)

select * from final
