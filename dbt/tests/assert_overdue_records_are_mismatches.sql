-- What the mart of latencies counts as overdue is what somebody is asked to act on, record by record.

with counted as (

    select coalesce(sum(overdue), 0) as records
    from {{ ref('ingestion_latency') }}

),

open_mismatches as (

    select count(*) as records
    from {{ ref('mismatches') }}
    where mart = 'ingestion_latency' and resolved_at is null

)

select
    counted.records as overdue,
    open_mismatches.records as mismatches
from counted
cross join open_mismatches
where counted.records <> open_mismatches.records
