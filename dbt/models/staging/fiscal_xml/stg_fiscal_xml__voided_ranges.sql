with source as (

    select * from {{ source('raw_fiscal_xml', 'voided_ranges') }}

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
        source.environment,
        source.uf_code,
        2000 + try_cast(source.year as integer) as year,
        upper(source.issuer_id) as issuer_id,
        source.model,
        try_cast(source.series as integer) as series,
        try_cast(source.first_number as bigint) as first_number,
        try_cast(source.last_number as bigint) as last_number,
        source.justification,
        source.c_stat,
        source.x_motivo,
        source.n_prot,
        {{ xml_instant("source.received_at", "coalesce(zones.time_zone, 'America/Sao_Paulo')") }} as received_at,
        source.layout_version
    from source
    left join zones on source.uf_code = zones.uf_code

)

select * from final
