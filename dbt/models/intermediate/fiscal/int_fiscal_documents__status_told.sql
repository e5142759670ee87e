-- What protocols, queries, summaries and events say of the status of a document, as facts with their two times.

with protocols as (

    select * from {{ ref('stg_fiscal_xml__protocols') }}
    where environment is distinct from '2'

),

events as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

summaries as (

    select * from {{ ref('stg_fiscal_xml__summaries') }}
    where situation in ('1', '2', '3')

),

statuses as (

    select * from {{ ref('sefaz_statuses') }}
    where status <> 'void'

),

-- the answer to a query says that a document was cancelled, not since when: at the latest since it was asked
from_protocols as (

    select
        protocols.access_key,
        statuses.status,
        coalesce(protocols.received_at, protocols.recorded_at) as valid_from,
        {{ forever() }} as valid_to,
        protocols.recorded_at as known_from,
        {{ forever() }} as known_to,
        cast(null as varchar) as other_key
    from protocols
    inner join statuses on protocols.c_stat = statuses.c_stat

),

-- so does a summary, whose date is that of the authorisation or denial
from_summaries as (

    select
        access_key,
        case situation when '1' then 'authorised' when '2' then 'denied' else 'cancelled' end as status,
        case when situation = '3' then recorded_at else coalesce(received_at, issued_at, recorded_at) end as valid_from,
        {{ forever() }} as valid_to,
        recorded_at as known_from,
        {{ forever() }} as known_to,
        cast(null as varchar) as other_key
    from summaries

),

changing as (

    select
        *,
        case effect when 'cancels' then 'cancelled' when 'substitutes' then 'substituted' else 'closed' end as status
    from events
    where effect in ('cancels', 'substitutes', 'closes')

),

-- a revoked event held, as far as anybody knew, until its revocation was known; after that, until the revocation
from_events as (

    select
        access_key,
        status,
        registered_at as valid_from,
        {{ forever() }} as valid_to,
        known_from,
        -- greatest() passes nulls over
        case when revoked_at is null then {{ forever() }} else greatest(revocation_known_from, known_from) end as known_to,
        related_key as other_key
    from changing

    union all

    select
        access_key,
        status,
        registered_at as valid_from,
        revoked_at as valid_to,
        greatest(revocation_known_from, known_from) as known_from,
        {{ forever() }} as known_to,
        related_key as other_key
    from changing
    where revoked_at is not null

),

final as (

    select * from from_protocols
    union all
    select * from from_summaries
    union all
    select * from from_events

)

select * from final
where valid_from < valid_to and known_from < known_to
