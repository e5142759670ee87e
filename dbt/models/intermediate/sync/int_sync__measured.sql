-- The state of every synchronisation row in every cell of its two times: each instant at which something changed in the world,
-- as known at each instant at which something became known. What is counted here is judged in int_sync__classified.
-- What a source says of the future counts from the first run whose clock has reached it.

with sync_keys as (

    select * from {{ ref('int_sync__keys') }}

),

facts as (

    select * from {{ ref('int_sync__facts') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

clocks as (

    select as_of from clock
    union
    select as_of from {{ ref('stg_quality__runs') }}
    where status = 'succeeded'

),

future_instants as (

    select sync_row, issued_at as valid_at, known_from from sync_keys
    where issued_at > known_from
    union
    select sync_row, valid_from as valid_at, known_from from facts
    where valid_from > known_from
    union
    select sync_row, valid_to as valid_at, known_from from facts
    where valid_to > known_from and valid_to < {{ forever() }}

),

reached as (

    select
        future_instants.sync_row,
        min(clocks.as_of) as known_at
    from future_instants
    inner join clocks
        on
            future_instants.valid_at <= clocks.as_of
            and future_instants.known_from <= clocks.as_of
    group by future_instants.sync_row, future_instants.valid_at

),

known_points as (

    select sync_row, known_from as known_at from sync_keys
    union
    select sync_row, known_from as known_at from facts
    union
    select sync_row, known_to as known_at from facts
    where known_to < {{ forever() }}
    union
    select sync_row, known_at from reached

),

valid_points as (

    select sync_row, issued_at as valid_at from sync_keys
    union
    select sync_row, valid_from as valid_at from facts
    union
    select sync_row, valid_to as valid_at from facts
    where valid_to < {{ forever() }}

),

cells as (

    select
        known_points.sync_row,
        known_points.known_at,
        valid_points.valid_at
    from known_points
    inner join valid_points on known_points.sync_row = valid_points.sync_row
    cross join clock
    where
        valid_points.valid_at <= clock.as_of
        and valid_points.valid_at <= known_points.known_at

),

final as (

    select
        cells.sync_row,
        cells.known_at,
        cells.valid_at,
        count(*) filter (where facts.fact = 'posted' and facts.is_sure and facts.is_proper) as proper_postings,
        count(*) filter (where facts.fact = 'posted' and facts.is_sure and not facts.is_proper) as stray_postings,
        count(*) filter (where facts.fact = 'posted' and not facts.is_sure) as proposed_postings,
        count(*) filter (where facts.fact = 'deleted' and facts.is_proper) as deleted_postings,
        cast(sum(facts.amount) filter (where facts.fact = 'posted' and facts.is_sure) as decimal(18, 2)) as erp_amount,
        cast(sum(facts.icms_amount) filter (where facts.fact = 'posted' and facts.is_sure) as decimal(18, 2))
            as erp_icms_amount,
        cast(sum(facts.ipi_amount) filter (where facts.fact = 'posted' and facts.is_sure) as decimal(18, 2))
            as erp_ipi_amount,
        -- of several proposals the one that is shown is compared, not their sum
        min_by(facts.amount, facts.erp_document_key) filter (where facts.fact = 'posted' and not facts.is_sure) as proposed_amount,
        min(facts.posted_on) filter (where facts.fact = 'posted' and facts.is_sure) as posted_on,
        min(facts.source) filter (where facts.fact in ('posted', 'deleted')) as source,
        min(facts.erp_document_key) filter (where facts.fact = 'posted' and facts.is_sure) as posted_key,
        min(facts.erp_document_key) filter (where facts.fact = 'posted' and not facts.is_sure) as proposed_key,
        min(facts.erp_document_key) filter (where facts.fact = 'deleted') as deleted_key,
        min(facts.stage) filter (where facts.fact = 'posted' and facts.is_sure) as erp_stage,
        coalesce(bool_and(facts.is_disagreed) filter (where facts.fact = 'posted' and facts.is_sure), false)
            as is_disagreed_in_erp,
        coalesce(bool_or(facts.fact = 'cancelled'), false) as is_cancelled,
        coalesce(bool_or(facts.fact = 'denied'), false) as is_denied,
        coalesce(bool_or(facts.fact = 'disagreed'), false) as is_disagreed_at_sefaz,
        min(facts.queued_at) filter (where facts.fact = 'queued') as queued_at,
        max_by(facts.native_status, facts.valid_from) filter (where facts.fact = 'manifested') as manifested_status,
        coalesce(max_by(facts.is_refusal, facts.valid_from) filter (where facts.fact = 'manifested'), false) as is_refused,
        max_by(facts.native_status, facts.valid_from) filter (where facts.fact = 'manifested_in_erp') as manifested_status_in_erp
    from cells
    left join facts
        on
            cells.sync_row = facts.sync_row
            and cells.valid_at >= facts.valid_from
            and cells.valid_at < facts.valid_to
            and cells.known_at >= facts.known_from
            and cells.known_at < facts.known_to
    group by cells.sync_row, cells.known_at, cells.valid_at

)

select * from final
