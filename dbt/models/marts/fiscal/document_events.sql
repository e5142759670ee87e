with registered as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

unregistered as (

    select * from {{ ref('int_fiscal_events__unregistered') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

standing as (

    select
        registered.*,
        case when registered.revoked_at <= clock.as_of then registered.revoked_at end as revoked_by_now_at,
        case when registered.replaced_at <= clock.as_of then registered.replaced_at end as replaced_by_now_at
    from registered
    cross join clock
    where registered.registered_at <= clock.as_of

),

final as (

    select
        access_key,
        event_type,
        sequence,
        event_name,
        effect,
        case when revoked_by_now_at is not null then 'revoked' else state end as state,
        author_id,
        occurred_at,
        registered_at,
        n_prot as protocol_number,
        c_stat as answer_code,
        x_motivo as answer_text,
        justification,
        correction,
        related_key,
        revoked_by_now_at as revoked_at,
        replaced_by_now_at as replaced_at,
        revoked_by_now_at is null and replaced_by_now_at is null as is_in_force,
        has_document
    from standing

    union all

    select
        unregistered.access_key,
        unregistered.event_type,
        unregistered.sequence,
        unregistered.event_name,
        unregistered.effect,
        unregistered.state,
        unregistered.author_id,
        unregistered.occurred_at,
        cast(null as timestamptz) as registered_at,
        unregistered.n_prot as protocol_number,
        unregistered.c_stat as answer_code,
        unregistered.x_motivo as answer_text,
        unregistered.justification,
        unregistered.correction,
        unregistered.related_key,
        cast(null as timestamptz) as revoked_at,
        cast(null as timestamptz) as replaced_at,
        false as is_in_force,
        unregistered.has_document
    from unregistered
    cross join clock
    where unregistered.told_at <= clock.as_of

)

select * from final
