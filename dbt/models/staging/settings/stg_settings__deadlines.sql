with source as (

    select * from {{ source('raw_settings', 'deadlines') }}

),

final as (

    select
        name,
        value
    from source

)

select * from final
