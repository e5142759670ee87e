with source as (

    select * from {{ source('quality', 'quarantine') }}

),

final as (

    select
        quarantine_id,
        run_id,
        extraction_id,
        source,
        stream,
        place,
        reason,
        detail,
        content_sha256,
        archive_ref,
        raw_text,
        first_seen_at,
        last_seen_at,
        resolved_at,
        attempts
    from source

)

select * from final
