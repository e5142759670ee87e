-- Every record on its way to the platform: produced, queued, sent, visible, and until when it may wait. A queue that carries a table
-- carries it from its first insertion to its last: a record produced in between that it never had was forgotten (S003-60).

with records as (

    select * from {{ ref('int_replication__records') }}

),

queued as (

    select * from {{ ref('int_replication__queued') }}

),

streams as (

    select * from {{ ref('replication_streams') }}

),

branch_codes as (

    select * from {{ ref('int_branch_codes__resolved') }}

),

deadlines as (

    select max(case when name = 'queue_hours' then value end) as queue_hours
    from {{ ref('stg_settings__deadlines') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

carried as (

    select
        source,
        record_table,
        min(queued_at) as first_queued_at
    from queued
    group by source, record_table

),

together as (

    select
        coalesce(queued.source, records.source) as source,
        coalesce(queued.record_table, records.record_table) as record_table,
        coalesce(queued.record_key, records.record_key) as record_key,
        records.company_code,
        coalesce(records.branch_code, queued.branch_code) as branch_code,
        records.stream,
        records.amount,
        records.produced_at,
        records.produced_by,
        records.visible_at,
        coalesce(records.is_standing, false) as is_standing,
        queued.queued_at,
        queued.sent_at,
        queued.pending_since,
        coalesce(queued.is_failed, false) as is_failed,
        queued.error
    from records
    full outer join queued
        on
            records.source = queued.source
            and records.record_table = queued.record_table
            and records.record_key = queued.record_key

),

classified as (

    select
        together.*,
        -- of a table that no catalogue knows the name is the stream
        coalesce(streams.stream, together.stream, lower(together.record_table)) as stream_name,
        -- without a queue nothing is promised but the next extraction
        case when carried.source is null then 'scheduled' else coalesce(streams.latency_class, 'online') end as latency_class,
        case
            when streams.latency_class = 'scheduled' then coalesce(streams.schedule_hours, 24)
            else deadlines.queue_hours
        end as allowed_hours,
        coalesce(
            together.queued_at is null
            and together.is_standing
            and coalesce(streams.is_carried_whole, true)
            -- also after the last one: a service that stopped leaves no trace but this
            and together.produced_at >= carried.first_queued_at,
            false
        ) as is_never_queued
    from together
    cross join deadlines
    left join carried
        on
            together.source = carried.source
            and together.record_table = carried.record_table
    left join streams on together.record_table = streams.record_table

),

waiting as (

    select
        classified.*,
        coalesce(classified.pending_since, case when classified.is_never_queued then classified.produced_by end) as waits_since
    from classified

),

due as (

    select
        waiting.*,
        waiting.waits_since + to_hours(cast(waiting.allowed_hours as integer)) as due_at
    from waiting

),

final as (

    select
        due.source,
        due.stream_name as stream,
        due.record_table,
        due.record_key,
        concat_ws('|', due.source, due.record_table, due.record_key) as entity_key,
        branch_codes.company_cnpj,
        due.amount,
        due.produced_at,
        due.queued_at,
        due.sent_at,
        due.visible_at,
        due.latency_class,
        due.pending_since is not null or due.is_never_queued as is_pending,
        due.is_failed,
        due.is_never_queued,
        due.waits_since,
        due.due_at,
        case when clock.as_of > due.due_at then 'queued_not_extracted' end as cause,
        due.error
    from due
    cross join clock
    left join branch_codes
        on
            {{ is_branch_of('due') }}

)

select * from final
