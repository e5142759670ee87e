with source as (

    select * from {{ source('quality', 'completeness') }}

),

final as (

    select
        run_id,
        source,
        stream,
        stage,
        row_count,
        amount_total as amount,
        cast(key_hash as decimal(38, 0)) as key_hash
    from source

)

select * from final
