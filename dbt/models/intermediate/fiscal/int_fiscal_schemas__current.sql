-- What the check against official schemas, as it was made last, says of each element; nothing where it was never switched on.

with verdicts as (

    select * from {{ ref('stg_fiscal_xml__schema_verdicts') }}

),

ranked as (

    select
        *,
        dense_rank() over (partition by content_sha256 order by recorded_at desc, check_version desc) as age
    from verdicts

),

final as (

    select
        content_sha256,
        ordinal,
        recorded_at,
        root,
        layout_version,
        access_key,
        environment,
        event_type,
        sequence,
        is_valid,
        error_count,
        first_error,
        schema_file,
        schema_package,
        library
    from ranked
    where
        age = 1
        -- a payload without any element that has a schema has a row as well, so that it is not judged again
        and root is not null

)

select * from final
