with source as (

    select * from {{ source('raw_settings', 'waivers') }}

),

final as (

    select
        mismatch_id,
        reason,
        waived_until,
        waived_at
    from source

)

select * from final
