with verdicts as (

    select * from {{ ref('int_fiscal_schemas__current') }}
    where environment is distinct from '2'

),

final as (

    select
        content_sha256,
        ordinal,
        access_key,
        root,
        layout_version,
        event_type,
        sequence,
        is_valid,
        error_count,
        first_error,
        schema_file,
        schema_package,
        library,
        recorded_at,
        'sha256:' || content_sha256 as archive_ref
    from verdicts

)

select * from final
