with source as (

    select * from {{ source('raw_fiscal_xml', 'payloads') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _recorded_at as recorded_at,
        path,
        inner_path,
        kind,
        nsu,
        documents,
        protocols,
        events,
        summaries,
        voided_ranges
    from source

)

select * from final
