-- Events that SEFAZ registered, one row per (document, type, sequence), with what revoked or replaced them.

with told as (

    select * from {{ ref('int_fiscal_events__told') }}

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

-- the event itself says more than its summary, and the answer that came apart from it says less
ranked as (

    select
        *,
        min(recorded_at) over (partition by access_key, event_type, sequence) as known_from,
        row_number() over (
            partition by access_key, event_type, sequence
            order by
                case when state = 'summary' then 1 else 0 end,
                case when occurred_at is null then 1 else 0 end,
                told_at,
                content_sha256,
                ordinal
        ) as preference
    from told
    where state in ('registered', 'summary')

),

-- what the answer that came apart leaves out stands in the event as it was sent
sent as (

    select
        access_key,
        event_type,
        sequence,
        min(author_id) as author_id,
        min(occurred_at) as occurred_at,
        min(justification) as justification,
        min(correction) as correction,
        min(related_key) as related_key,
        min(revoked_protocol) as revoked_protocol
    from told
    where state = 'unanswered'
    group by access_key, event_type, sequence

),

registered as (

    select
        ranked.access_key,
        ranked.event_type,
        ranked.sequence,
        ranked.state,
        ranked.told_at as registered_at,
        ranked.n_prot,
        ranked.c_stat,
        ranked.x_motivo,
        ranked.known_from,
        coalesce(ranked.author_id, sent.author_id) as author_id,
        coalesce(ranked.occurred_at, sent.occurred_at) as occurred_at,
        coalesce(ranked.justification, sent.justification) as justification,
        coalesce(ranked.correction, sent.correction) as correction,
        coalesce(ranked.related_key, sent.related_key) as related_key,
        coalesce(ranked.revoked_protocol, sent.revoked_protocol) as revoked_protocol
    from ranked
    left join sent
        on
            ranked.access_key = sent.access_key
            and ranked.event_type = sent.event_type
            and ranked.sequence = sent.sequence
    where ranked.preference = 1

),

undoing as (

    select
        registered.*,
        revocations.revoked_event_type
    from registered
    inner join revocations on registered.event_type = revocations.event_type

),

-- a pair names the protocol or the other document of what it undoes; where it names neither of an event here, all earlier ones go
revocable as (

    select
        registered.access_key,
        registered.event_type,
        registered.sequence,
        undoing.registered_at as revoked_at,
        undoing.known_from as revocation_known_from,
        undoing.revoked_event_type is null as is_by_protocol_only,
        coalesce(ltrim(undoing.revoked_protocol, '0') = ltrim(registered.n_prot, '0'), false) as is_named,
        bool_or(coalesce(ltrim(undoing.revoked_protocol, '0') = ltrim(registered.n_prot, '0'), false)) over (
            partition by undoing.access_key, undoing.event_type, undoing.sequence
        ) as is_any_named
    from registered
    inner join undoing
        on
            registered.access_key = undoing.access_key
            and registered.registered_at <= undoing.registered_at
            and registered.event_type = coalesce(undoing.revoked_event_type, registered.event_type)
            and coalesce(registered.related_key = undoing.related_key, true)
    where registered.event_type <> undoing.event_type

),

revoked as (

    select
        access_key,
        event_type,
        sequence,
        min(revoked_at) as revoked_at,
        min(revocation_known_from) as revocation_known_from
    from revocable
    where is_named or (not is_by_protocol_only and not is_any_named)
    group by access_key, event_type, sequence

),

catalogued as (

    select
        registered.*,
        event_types.name_pt as event_name,
        coalesce(event_types.effect, 'unknown') as effect
    from registered
    left join event_types
        on
            {{ access_key_model('registered.access_key') }} = event_types.model
            and registered.event_type = event_types.event_type

),

final as (

    select
        catalogued.*,
        revoked.revoked_at,
        revoked.revocation_known_from,
        -- the letter of correction with the highest sequence stands for all
        case
            when catalogued.effect = 'corrects'
                then min(catalogued.registered_at) over (
                    partition by catalogued.access_key, catalogued.event_type
                    order by catalogued.sequence
                    rows between 1 following and unbounded following
                )
        end as replaced_at,
        documents.access_key is not null as has_document
    from catalogued
    left join revoked
        on
            catalogued.access_key = revoked.access_key
            and catalogued.event_type = revoked.event_type
            and catalogued.sequence = revoked.sequence
    left join documents on catalogued.access_key = documents.access_key

)

select * from final
