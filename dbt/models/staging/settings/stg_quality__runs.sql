with source as (

    select * from {{ source('quality', 'runs') }}

),

final as (

    select
        run_id,
        as_of,
        status
    from source

)

select * from final
