-- Whether all that a source handed over reached the marts or stands in quarantine, and if not, where it was lost.

with recorded as (

    select * from {{ ref('int_completeness__recorded') }}

),

staged as (

    select * from {{ ref('int_completeness__staged') }}

),

units as (

    select * from {{ ref('int_completeness__units') }}

),

due as (

    select * from {{ ref('int_completeness__due') }}

),

erp_documents as (

    select
        source,
        erp_document_key as record_key,
        amount
    from {{ ref('erp_documents') }}

),

documents as (

    select
        access_key as record_key,
        total_amount as amount
    from {{ ref('documents') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

in_marts as (

    select
        due.source,
        due.stream,
        due.record_key,
        due.amount as due_amount,
        coalesce(erp_documents.record_key, documents.record_key) is not null as is_shown,
        coalesce(erp_documents.amount, documents.amount) as mart_amount
    from due
    left join erp_documents
        on
            due.source = erp_documents.source
            and due.record_key = erp_documents.record_key
    left join documents on due.record_key = documents.record_key

),

marts as (

    select
        source,
        stream,
        count(*) as due_rows,
        sum(due_amount) as due_amount,
        {{ key_set_hash(key_number('record_key')) }} as due_key_hash,
        count(*) filter (where is_shown) as mart_rows,
        coalesce(sum(mart_amount), 0) as mart_amount,
        {{ key_set_hash('case when is_shown then ' ~ key_number('record_key') ~ ' end') }} as mart_key_hash
    from in_marts
    group by source, stream

),

streams as (

    select source, stream from recorded
    union distinct
    select source, stream from staged
    where live_rows > 0
    union distinct
    select source, stream from units
    where found_rows > 0 or staged_rows > 0
    union distinct
    select source, stream from marts

),

gathered as (

    select
        streams.source,
        streams.stream,
        recorded.source_run_id,
        -- a payload says by itself what it holds
        if(
            recorded.source is null, units.source is not null, recorded.run_id is not distinct from recorded.source_run_id
        ) as is_evaluable,
        coalesce(staged.staged_as, 'none') as staged_as,
        recorded.source_rows,
        recorded.source_amount,
        recorded.source_key_hash,
        recorded.accounted_rows,
        recorded.accounted_amount,
        recorded.accounted_key_hash,
        recorded.quarantine_rows,
        recorded.quarantine_amount,
        recorded.duplicate_rows,
        recorded.held_rows,
        coalesce(recorded.standing_rows, units.found_rows) as standing_rows,
        recorded.standing_amount,
        recorded.standing_key_hash,
        coalesce(recorded.store_rows, units.found_rows) as store_rows,
        recorded.store_amount,
        recorded.store_key_hash,
        coalesce(staged.live_rows, units.staged_rows) as live_rows,
        coalesce(staged.live_amount, units.staged_amount) as live_amount,
        staged.live_key_hash,
        coalesce(case when staged.staged_as <> 'none' then staged.staged_rows end, units.staged_rows) as staged_rows,
        coalesce(case when staged.staged_as <> 'none' then staged.staged_amount end, units.staged_amount) as staged_amount,
        case when staged.staged_as <> 'none' then staged.staged_key_hash end as staged_key_hash,
        marts.due_rows,
        marts.due_amount,
        marts.due_key_hash,
        marts.mart_rows,
        marts.mart_amount,
        marts.mart_key_hash
    from streams
    left join recorded
        on
            streams.source = recorded.source
            and streams.stream = recorded.stream
    left join staged
        on
            streams.source = staged.source
            and streams.stream = staged.stream
    left join units
        on
            streams.source = units.source
            and streams.stream = units.stream
    left join marts
        on
            streams.source = marts.source
            and streams.stream = marts.stream

),

compared as (

    select
        *,
        source_rows <> accounted_rows
        or source_key_hash <> accounted_key_hash
        or (source_rows is not null and coalesce(source_amount, 0) <> coalesce(accounted_amount, 0))
        or standing_rows <> live_rows
        or standing_key_hash <> live_key_hash
        or standing_amount <> live_amount as is_short_at_store,
        live_rows <> staged_rows
        or live_key_hash <> staged_key_hash
        or live_amount <> staged_amount as is_short_at_staged,
        due_rows <> mart_rows
        or due_key_hash <> mart_key_hash
        or due_amount <> mart_amount as is_short_at_mart
    from gathered

),

judged as (

    select
        *,
        case
            when is_short_at_store then 'store'
            when is_short_at_staged and staged_as = 'entity' then 'staged'
            when is_short_at_mart then 'mart'
            -- without a promise, a table of which nothing is canonical is taken for a dictionary
            when is_short_at_staged and staged_as = 'untold' and staged_rows > 0 then 'staged'
        end as lost_at
    from compared

),

final as (

    select
        clock.run_id,
        judged.source,
        judged.stream,
        judged.lost_at,
        judged.lost_at is not null and not (judged.lost_at = 'staged' and judged.staged_as = 'untold') as is_broken,
        cast(case
            when judged.lost_at = 'store' and judged.source_rows <> judged.accounted_rows then judged.source_rows - judged.accounted_rows
            when judged.lost_at = 'store' then coalesce(judged.standing_rows - judged.live_rows, 0)
            when judged.lost_at = 'staged' then judged.live_rows - judged.staged_rows
            when judged.lost_at = 'mart' then judged.due_rows - judged.mart_rows
        end as bigint) as lost_rows,
        cast(case
            when judged.lost_at = 'store' and {{ differs('judged.source_amount', 'judged.accounted_amount') }}
                then coalesce(judged.source_amount, 0) - coalesce(judged.accounted_amount, 0)
            when judged.lost_at = 'store' then judged.standing_amount - judged.live_amount
            when judged.lost_at = 'staged' then judged.live_amount - judged.staged_amount
            when judged.lost_at = 'mart' then judged.due_amount - judged.mart_amount
        end as decimal(38, 2)) as lost_amount,
        judged.is_evaluable,
        judged.source_run_id,
        judged.staged_as,
        cast(judged.source_rows as bigint) as source_rows,
        cast(judged.quarantine_rows as bigint) as quarantine_rows,
        cast(judged.duplicate_rows as bigint) as duplicate_rows,
        cast(judged.held_rows as bigint) as held_rows,
        cast(judged.store_rows as bigint) as store_rows,
        cast(judged.live_rows as bigint) as live_rows,
        cast(judged.staged_rows as bigint) as staged_rows,
        cast(judged.due_rows as bigint) as due_rows,
        cast(judged.mart_rows as bigint) as mart_rows,
        cast(judged.source_amount as decimal(38, 2)) as source_amount,
        cast(judged.quarantine_amount as decimal(38, 2)) as quarantine_amount,
        cast(judged.store_amount as decimal(38, 2)) as store_amount,
        cast(judged.live_amount as decimal(38, 2)) as live_amount,
        cast(judged.staged_amount as decimal(38, 2)) as staged_amount,
        cast(judged.due_amount as decimal(38, 2)) as due_amount,
        cast(judged.mart_amount as decimal(38, 2)) as mart_amount,
        cast(judged.source_key_hash as varchar) as source_key_hash,
        cast(judged.store_key_hash as varchar) as store_key_hash,
        cast(judged.live_key_hash as varchar) as live_key_hash,
        cast(judged.staged_key_hash as varchar) as staged_key_hash,
        cast(judged.due_key_hash as varchar) as due_key_hash,
        cast(judged.mart_key_hash as varchar) as mart_key_hash
    from judged
    cross join clock

)

select * from final
