with source as (

    select * from {{ source('raw_fiscal_xml', 'event_links') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        access_key,
        environment,
        linked_key,
        try_cast(link as integer) as link
    from source

)

select * from final
