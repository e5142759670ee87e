with source as (

    select * from {{ source('raw_fiscal_xml', 'protocols') }}

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
        source.c_stat,
        source.x_motivo,
        source.n_prot,
        {{ xml_instant("source.received_at", "coalesce(zones.time_zone, 'America/Sao_Paulo')") }} as received_at,
        source.digest_value,
        source.origin
    from source
    left join zones on substr(source.access_key, 1, 2) = zones.uf_code

)

select * from final
