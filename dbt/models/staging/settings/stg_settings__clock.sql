with source as (

    select * from {{ source('raw_settings', 'clock') }}

),

final as (

    select
        as_of,
        run_id
    from source

)

select * from final
