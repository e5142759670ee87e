-- Events that SEFAZ registered, one row per (document, type, sequence), with what revoked them.
-- An event counts only by its return: 135 and 136, 155 for a cancellation out of time, 134 for CT-e (fiscal event status codes).

with events as (

    select * from {{ ref('stg_fiscal_xml__events') }}
    where environment is distinct from '2'

),

summaries as (

    select * from {{ ref('stg_fiscal_xml__summaries') }}
    where kind = 'resEvento'

),

documents as (

    select access_key from {{ ref('int_fiscal_documents__deduplicated') }}

),

event_types as (

    select * from {{ ref('fiscal_event_types') }}

),

revocations as (

    select * from {{ ref('event_revocations') }}

),

told as (

    select
        access_key,
        event_type,
        sequence,
        author_id,
        coalesce(registered_at, occurred_at, recorded_at) as registered_at,
        n_prot,
        revoked_protocol,
        content_sha256,
        recorded_at
    from events
    where
        c_stat in ('135', '136')
        or (c_stat = '155' and event_type in ('110111', '110112'))
        or (c_stat = '134' and {{ access_key_model('access_key') }} in ('57', '67'))

    union all

    -- a summary of distribution is given out for registered events only
    select
        access_key,
        event_type,
        sequence,
        issuer_id as author_id,
        coalesce(received_at, issued_at, recorded_at) as registered_at,
        n_prot,
        null as revoked_protocol,
        content_sha256,
        recorded_at
    from summaries

),

ranked as (

    select
        *,
        min(recorded_at) over (partition by access_key, event_type, sequence) as known_from,
        row_number() over (
            partition by access_key, event_type, sequence order by registered_at, content_sha256
        ) as preference
    from told

),

registered as (

    select * from ranked
    where preference = 1

),

revoked as (

    select
        registered.access_key,
        registered.event_type,
        registered.sequence,
        min(revoking.registered_at) as revoked_at,
        min(revoking.known_from) as revocation_known_from
    from registered
    inner join registered as revoking
        on registered.access_key = revoking.access_key
    inner join revocations
        on revoking.event_type = revocations.event_type
    where
        revoking.registered_at >= registered.registered_at
        and (
            (revocations.revoked_event_type is null and revoking.revoked_protocol = registered.n_prot)
            or revocations.revoked_event_type = registered.event_type
        )
    group by registered.access_key, registered.event_type, registered.sequence

),

final as (

    select
        registered.access_key,
        registered.event_type,
        registered.sequence,
        registered.author_id,
        registered.registered_at,
        registered.n_prot,
        registered.known_from,
        revoked.revoked_at,
        revoked.revocation_known_from,
        event_types.name_pt as event_name,
        coalesce(event_types.effect, 'unknown') as effect,
        documents.access_key is not null as has_document
    from registered
    left join revoked
        on
            registered.access_key = revoked.access_key
            and registered.event_type = revoked.event_type
            and registered.sequence = revoked.sequence
    left join event_types
        on
            {{ access_key_model('registered.access_key') }} = event_types.model
            and registered.event_type = event_types.event_type
    left join documents on registered.access_key = documents.access_key

)

select * from final
