with source as (

    select * from {{ source('raw_fiscal_xml', 'summaries') }}

),

zones as (

    select * from {{ ref('uf_timezones') }}

),

final as (

    select
        source._source as source,
        source._content_sha256 as content_sha256,
        source._ordinal as ordinal,
        source._recorded_at as recorded_at,
        source.kind,
        source.access_key,
        source.issuer_id,
        source.issuer_name,
        {{ xml_instant("source.issued_at", "coalesce(zones.time_zone, 'America/Sao_Paulo')") }} as issued_at,
        source.direction,
        {{ xml_amount('source.total_amount') }} as total_amount,
        source.digest_value,
        {{ xml_instant("source.received_at", "coalesce(zones.time_zone, 'America/Sao_Paulo')") }} as received_at,
        source.n_prot,
        source.situation,
        source.event_type,
        try_cast(source.sequence as integer) as sequence,
        source.event_description
    from source
    left join zones on substr(source.access_key, 1, 2) = zones.uf_code

)

select * from final
