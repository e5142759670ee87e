-- What the queue says of each record at the as-of: what was sent, and since when something waits that no later sending has made up for.
-- A row that the queue has dropped was there all the same, but waits no longer.

with queue as (

    select
        *,
        coalesce(queued_at, changed_at, inserted_at, recorded_at) as inserted_in_queue_at,
        superseded_at is null and not is_deleted as is_standing
    from {{ ref('int_replication_queue__unioned') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

counted as (

    select
        queue.*,
        -- sent after the as-of is not sent yet
        case when queue.status = 'sent' and queue.sent_at > clock.as_of then 'pending' else queue.status end as state
    from queue
    cross join clock
    where queue.inserted_in_queue_at <= clock.as_of

),

delivered as (

    select
        source,
        record_table,
        record_key,
        max(case when state = 'sent' then inserted_in_queue_at end) as delivered_through
    from counted
    group by source, record_table, record_key

),

final as (

    select
        counted.source,
        counted.record_table,
        counted.record_key,
        max(counted.branch_code) as branch_code,
        min(counted.inserted_in_queue_at) as queued_at,
        max(case when counted.state = 'sent' then coalesce(counted.sent_at, counted.inserted_in_queue_at) end) as sent_at,
        min(
            case
                when
                    counted.is_standing
                    and counted.state in ('pending', 'failed')
                    and coalesce(counted.inserted_in_queue_at > delivered.delivered_through, true)
                    then counted.inserted_in_queue_at
            end
        ) as pending_since,
        bool_or(
            counted.is_standing
            and counted.state = 'failed'
            and coalesce(counted.inserted_in_queue_at > delivered.delivered_through, true)
        ) as is_failed,
        max(counted.error) as error
    from counted
    inner join delivered
        on
            counted.source = delivered.source
            and counted.record_table = delivered.record_table
            and counted.record_key = delivered.record_key
    group by counted.source, counted.record_table, counted.record_key

)

select * from final
