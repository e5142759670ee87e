-- Ranges of numbers that an issuer had SEFAZ declare void (inutilização), one row per range, from when that holds and was known.

with ranges as (

    select * from {{ ref('stg_fiscal_xml__voided_ranges') }}
    where environment is distinct from '2'

),

statuses as (

    select * from {{ ref('sefaz_statuses') }}
    where status = 'void'

),

-- a range is told by the request, by the answer, or by both, and counts by its answer
ranked as (

    select
        ranges.issuer_id,
        ranges.model,
        ranges.series,
        ranges.first_number,
        ranges.last_number,
        ranges.year,
        ranges.uf_code,
        ranges.n_prot,
        coalesce(ranges.received_at, ranges.recorded_at) as voided_at,
        statuses.c_stat is not null as is_void,
        min(case when statuses.c_stat is not null then ranges.recorded_at end) over by_range as known_from,
        max(ranges.justification) over by_range as justification,
        row_number() over (
            partition by
                ranges.issuer_id, ranges.model, ranges.series, ranges.first_number, ranges.last_number, ranges.year
            order by
                case when statuses.c_stat is null then 1 else 0 end,
                ranges.received_at,
                ranges.content_sha256,
                ranges.ordinal
        ) as preference
    from ranges
    left join statuses on ranges.c_stat = statuses.c_stat
    where
        ranges.first_number is not null
        and ranges.last_number >= ranges.first_number
    window by_range as (
        partition by
            ranges.issuer_id, ranges.model, ranges.series, ranges.first_number, ranges.last_number, ranges.year
    )

),

final as (

    select
        issuer_id,
        model,
        series,
        first_number,
        last_number,
        year,
        uf_code,
        justification,
        voided_at,
        n_prot,
        known_from
    from ranked
    where
        preference = 1
        and is_void

)

select * from final
