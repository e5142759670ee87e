-- Every telling of an event: with the answer of SEFAZ, without one, refused, or as a summary. Which answers register an event is data.

with events as (

    select * from {{ ref('stg_fiscal_xml__events') }}
    where environment is distinct from '2'

),

summaries as (

    select * from {{ ref('stg_fiscal_xml__summaries') }}
    where event_type is not null

),

answers as (

    select * from {{ ref('fiscal_event_answers') }}

),

of_events as (

    select
        events.access_key,
        events.event_type,
        events.sequence,
        case
            when answers.c_stat is not null then 'registered'
            when events.c_stat is null then 'unanswered'
            else 'refused'
        end as state,
        events.author_id,
        events.occurred_at,
        events.registered_at,
        coalesce(events.registered_at, events.occurred_at, events.recorded_at) as told_at,
        events.n_prot,
        events.c_stat,
        events.x_motivo,
        events.justification,
        events.correction,
        events.related_key,
        events.revoked_protocol,
        events.content_sha256,
        events.ordinal,
        events.recorded_at
    from events
    left join answers
        on
            events.c_stat = answers.c_stat
            and {{ access_key_model('events.access_key') }} = coalesce(answers.model, {{ access_key_model('events.access_key') }})
            and events.event_type = coalesce(answers.event_type, events.event_type)

),

-- a summary of distribution is given out for registered events only
of_summaries as (

    select
        access_key,
        event_type,
        sequence,
        'summary' as state,
        issuer_id as author_id,
        issued_at as occurred_at,
        received_at as registered_at,
        coalesce(received_at, issued_at, recorded_at) as told_at,
        n_prot,
        cast(null as varchar) as c_stat,
        cast(null as varchar) as x_motivo,
        cast(null as varchar) as justification,
        cast(null as varchar) as correction,
        cast(null as varchar) as related_key,
        cast(null as varchar) as revoked_protocol,
        content_sha256,
        ordinal,
        recorded_at
    from summaries

),

final as (

    select * from of_events
    union all
    select * from of_summaries

)

select * from final
