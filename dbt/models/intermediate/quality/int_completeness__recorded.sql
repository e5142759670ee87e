-- What the store counted when rows came in: in the last run, and in the last one in which the source said how much it holds.

with totals as (

    select * from {{ ref('stg_quality__completeness') }}

),

runs as (

    select * from {{ ref('stg_quality__runs') }}

),

pivoted as (

    select
        totals.source,
        totals.stream,
        totals.run_id,
        runs.started_at,
        bool_or(totals.stage = 'source') as has_source,
        sum(totals.row_count) filter (where totals.stage = 'source') as source_rows,
        sum(totals.amount) filter (where totals.stage = 'source') as source_amount,
        sum(totals.key_hash) filter (where totals.stage = 'source') as source_key_hash,
        sum(totals.row_count) filter (where totals.stage = 'store') as store_rows,
        sum(totals.amount) filter (where totals.stage = 'store') as store_amount,
        sum(totals.key_hash) filter (where totals.stage = 'store') as store_key_hash,
        sum(totals.row_count) filter (where totals.stage = 'quarantine') as quarantine_rows,
        sum(totals.amount) filter (where totals.stage = 'quarantine') as quarantine_amount,
        sum(totals.row_count) filter (where totals.stage = 'duplicate') as duplicate_rows,
        sum(totals.row_count) filter (where totals.stage = 'held') as held_rows,
        sum(totals.row_count) filter (where totals.stage in ('store', 'held')) as standing_rows,
        sum(totals.amount) filter (where totals.stage in ('store', 'held')) as standing_amount,
        sum(totals.key_hash) filter (where totals.stage in ('store', 'held')) as standing_key_hash,
        sum(totals.row_count) filter (where totals.stage in ('store', 'quarantine', 'duplicate')) as accounted_rows,
        sum(totals.amount) filter (where totals.stage in ('store', 'quarantine', 'duplicate')) as accounted_amount,
        sum(totals.key_hash) filter (where totals.stage in ('store', 'quarantine', 'duplicate')) as accounted_key_hash
    from totals
    inner join runs on totals.run_id = runs.run_id
    group by totals.source, totals.stream, totals.run_id, runs.started_at

),

ranked as (

    select
        *,
        row_number() over (partition by source, stream order by started_at desc, run_id desc) as recency,
        row_number() over (partition by source, stream, has_source order by started_at desc, run_id desc) as recency_alike
    from pivoted
    -- a stream that is only measured further on was not counted when it came in
    where store_rows is not null

),

last_known as (

    select * from ranked
    where has_source and recency_alike = 1

),

final as (

    select
        ranked.source,
        ranked.stream,
        ranked.run_id,
        ranked.store_rows,
        ranked.store_amount,
        ranked.store_key_hash,
        ranked.quarantine_rows,
        ranked.quarantine_amount,
        ranked.duplicate_rows,
        ranked.held_rows,
        ranked.standing_rows,
        ranked.standing_amount,
        ranked.standing_key_hash,
        last_known.run_id as source_run_id,
        last_known.source_rows,
        last_known.source_amount,
        last_known.source_key_hash,
        last_known.accounted_rows,
        last_known.accounted_amount,
        last_known.accounted_key_hash
    from ranked
    left join last_known
        on
            ranked.source = last_known.source
            and ranked.stream = last_known.stream
    where ranked.recency = 1

)

select * from final
