with measured as (

    select * from {{ ref('int_replication__measured') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

counted as (

    select
        measured.*,
        -- of what nobody knows the production of, the queue is the first to tell
        date_trunc('hour', coalesce(measured.produced_at, measured.queued_at)) as produced_hour
    from measured
    cross join clock
    where least(measured.produced_at, measured.queued_at) <= clock.as_of

),

final as (

    select
        counted.source,
        counted.stream,
        counted.latency_class,
        counted.produced_hour,
        min(counted.produced_at) as produced_at,
        max(counted.queued_at) as queued_at,
        max(counted.sent_at) as sent_at,
        max(counted.visible_at) as visible_at,
        count(*) as records,
        count(case when counted.is_pending then 1 end) as pending,
        count(case when counted.is_failed then 1 end) as failed,
        count(case when counted.is_never_queued then 1 end) as never_queued,
        count(counted.cause) as overdue,
        max(
            date_diff(
                'second',
                coalesce(counted.produced_at, counted.queued_at),
                coalesce(counted.sent_at, counted.visible_at)
            )
        ) as longest_latency_seconds,
        min(counted.cause) as cause
    from counted
    group by counted.source, counted.stream, counted.latency_class, counted.produced_hour

)

select * from final
