with source as (

    select * from {{ source('quality', 'runs') }}

),

final as (

    select
        run_id,
        as_of,
        started_at,
        status
    from source

)

select * from final
