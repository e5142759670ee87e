with source as (

    select * from {{ source('raw_fiscal_xml', 'events') }}

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
        source.access_key,
        source.environment,
        source.event_key,
        source.event_type,
        try_cast(source.sequence as integer) as sequence,
        source.author_id,
        {{ xml_instant("source.occurred_at", "coalesce(zones.time_zone, 'America/Sao_Paulo')") }} as occurred_at,
        {{ xml_instant("source.registered_at", "coalesce(zones.time_zone, 'America/Sao_Paulo')") }} as registered_at,
        source.c_stat,
        source.x_motivo,
        source.n_prot,
        source.layout_version,
        source.description,
        source.justification,
        source.correction,
        source.related_key,
        source.revoked_protocol
    from source
    left join zones on substr(source.access_key, 1, 2) = zones.uf_code

)

select * from final
