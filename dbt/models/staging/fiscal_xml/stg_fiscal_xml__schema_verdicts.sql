with source as (

    select * from {{ source('raw_fiscal_xml', 'schema_verdicts') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        root,
        layout_version,
        access_key,
        environment,
        event_type,
        try_cast(sequence as integer) as sequence,
        is_valid,
        error_count,
        first_error,
        schema_file,
        schema_package,
        library,
        check_version
    from source

)

select * from final
