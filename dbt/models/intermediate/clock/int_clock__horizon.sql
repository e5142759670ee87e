-- The first instant after the as-of at which the same inputs would give other marts: a fact of the future comes to count, a deadline
-- passes, a waiver ends. A run whose clock lies before it, with nothing new to read, has nothing to do.

with clock as (

    select * from {{ ref('stg_settings__clock') }}

),

documents as (

    select * from {{ ref('stg_fiscal_xml__documents') }}

),

status_facts as (

    select * from {{ ref('int_fiscal_documents__status_facts') }}

),

events as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

told as (

    select * from {{ ref('int_fiscal_events__told') }}

),

voided as (

    select * from {{ ref('int_fiscal_numbers__voided') }}

),

erp_intervals as (

    select * from {{ ref('int_erp_documents__intervals') }}

),

facts as (

    select * from {{ ref('int_sync__facts') }}

),

due as (

    select * from {{ ref('int_sync__due') }}

),

replication_queue as (

    select * from {{ ref('int_replication_queue__unioned') }}

),

replication as (

    select * from {{ ref('int_replication__measured') }}

),

waivers as (

    select * from {{ ref('stg_settings__waivers') }}

),

instants as (

    select issued_at as instant from documents
    union all
    select valid_from as instant from status_facts
    union all
    select valid_to as instant from status_facts
    union all
    select registered_at as instant from events
    union all
    select revoked_at as instant from events
    union all
    select told_at as instant from told
    union all
    select voided_at as instant from voided
    union all
    select valid_from as instant from erp_intervals
    union all
    select valid_from as instant from facts
    union all
    select valid_to as instant from facts
    union all
    select due_at + to_microseconds(1) as instant from due
    union all
    select queued_at as instant from replication_queue
    union all
    select sent_at as instant from replication_queue
    union all
    select produced_at as instant from replication
    union all
    select due_at + to_microseconds(1) as instant from replication
    union all
    select {{ local_midnight('waived_until + 1', "'America/Sao_Paulo'") }} as instant from waivers

),

final as (

    select coalesce(min(instants.instant) filter (where instants.instant > clock.as_of), {{ forever() }}) as next_change_at
    from clock
    left join instants on true
    group by clock.as_of

)

select * from final
