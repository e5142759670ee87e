-- Everything that can change the status of a synchronisation row, as rectangles of time of one shape.
-- fact: posted, deleted (an ERP document), queued, cancelled, denied, manifested, manifested_in_erp, disagreed (CT-e 610110).

with sync_keys as (

    select * from {{ ref('int_sync__keys') }}

),

postings as (

    select * from {{ ref('int_sync__postings') }}

),

queued as (

    select * from {{ ref('int_sync__queued') }}

),

manifested as (

    select * from {{ ref('int_sync__manifested') }}

),

status_facts as (

    select * from {{ ref('int_fiscal_documents__status_facts') }}

),

events as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

of_postings as (

    select
        sync_row,
        case when is_deleted then 'deleted' else 'posted' end as fact,
        source,
        row_id,
        erp_document_key,
        is_proper,
        is_sure,
        stage,
        is_disagreed,
        amount,
        icms_amount,
        ipi_amount,
        posted_on,
        valid_from,
        valid_to,
        known_from,
        known_to
    from postings

),

of_queue as (

    select
        sync_keys.sync_row,
        'queued' as fact,
        queued.source,
        queued.queued_at,
        queued.valid_from,
        queued.valid_to,
        queued.known_from,
        queued.known_to
    from queued
    inner join sync_keys
        on
            queued.access_key = sync_keys.access_key
            and coalesce(queued.company_cnpj, sync_keys.company_cnpj) = sync_keys.company_cnpj

),

of_status as (

    select
        sync_keys.sync_row,
        -- neither kind of document exists: its use was denied, or its number declared void
        case status_facts.status when 'void' then 'denied' else status_facts.status end as fact,
        status_facts.valid_from,
        status_facts.valid_to,
        status_facts.known_from,
        status_facts.known_to
    from status_facts
    inner join sync_keys on status_facts.access_key = sync_keys.access_key
    where status_facts.status in ('cancelled', 'denied', 'void')

),

of_manifestation as (

    select
        sync_keys.sync_row,
        manifested.fact,
        manifested.native_status,
        manifested.is_refusal,
        manifested.valid_from,
        manifested.valid_to,
        manifested.known_from,
        manifested.known_to
    from manifested
    inner join sync_keys
        on
            manifested.access_key = sync_keys.access_key
            and manifested.company_cnpj = sync_keys.company_cnpj
            and sync_keys.role = 'recipient'

),

of_disagreement as (

    select
        sync_keys.sync_row,
        'disagreed' as fact,
        events.registered_at as valid_from,
        coalesce(events.revoked_at, {{ forever() }}) as valid_to,
        events.known_from,
        {{ forever() }} as known_to
    from events
    inner join sync_keys
        on
            events.access_key = sync_keys.access_key
            and sync_keys.role = 'taker'
    where events.event_type = '610110'

),

together as (

    select * from of_postings
    union all by name
    select * from of_queue
    union all by name
    select * from of_status
    union all by name
    select * from of_manifestation
    union all by name
    select * from of_disagreement

),

final as (

    select
        together.* exclude (valid_from, known_from),
        -- nothing of a document happened before it was issued, and nothing of it was known before it came
        greatest(together.valid_from, sync_keys.issued_at) as valid_from,
        greatest(together.known_from, sync_keys.known_from) as known_from
    from together
    inner join sync_keys on together.sync_row = sync_keys.sync_row

)

select * from final
where valid_from < valid_to and known_from < known_to
