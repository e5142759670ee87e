with events as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

final as (

    select
        events.access_key,
        events.event_type,
        events.sequence,
        events.event_name,
        events.effect,
        events.author_id,
        events.registered_at,
        events.n_prot as protocol_number,
        case when events.revoked_at <= clock.as_of then events.revoked_at end as revoked_at,
        events.has_document
    from events
    cross join clock
    where events.registered_at <= clock.as_of

)

select * from final
