with source as (

    select * from {{ source('raw_settings', 'tolerances') }}

),

final as (

    select
        name,
        value
    from source

)

select * from final
