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

changing as (

    select
        *,
        case effect when 'cancels' then 'cancelled' when 'substitutes' then 'substituted' else 'closed' end as status
    from events
    where effect in ('cancels', 'substitutes', 'closes')

),

-- the answer to a query says that a document was cancelled, not since when: at the latest since it was asked;
-- so does a summary, whose date is that of the authorisation or denial
told as (

    select
        protocols.access_key,
        statuses.status,
        coalesce(protocols.received_at, protocols.recorded_at) as valid_from,
        protocols.recorded_at as known_from,
        true as is_dated
    from protocols
    inner join statuses on protocols.c_stat = statuses.c_stat

    union all

    select
        access_key,
        case situation when '1' then 'authorised' when '2' then 'denied' else 'cancelled' end as status,
        case when situation = '3' then recorded_at else coalesce(received_at, issued_at, recorded_at) end as valid_from,
        recorded_at as known_from,
        false as is_dated
    from summaries

),

-- what makes an end of a cancellation that was only told: the revocation of the event behind it, a later answer
ends as (

    select
        access_key,
        revoked_at as ended_at,
        revocation_known_from as known_from,
        true as is_revocation
    from changing
    where status = 'cancelled' and revoked_at is not null

    union all

    select
        protocols.access_key,
        protocols.received_at as ended_at,
        protocols.recorded_at as known_from,
        false as is_revocation
    from protocols
    inner join statuses on protocols.c_stat = statuses.c_stat
    where
        statuses.status = 'authorised'
        -- the answer to a query has no protocol of its own
        and protocols.n_prot is null
        and protocols.received_at is not null

),

told_with_ends as (

    select
        told.*,
        ends.ended_at,
        ends.known_from as end_known_from,
        row_number() over (
            partition by told.access_key, told.status, told.valid_from, told.known_from, told.is_dated
            order by ends.ended_at, ends.known_from
        ) as preference
    from told
    left join ends
        on
            told.access_key = ends.access_key
            and case
                when told.status <> 'cancelled' then false
                -- when a summary was made is not known, but that it told of the event that was revoked is likely
                when told.is_dated or not ends.is_revocation then told.valid_from < ends.ended_at
                else true
            end

),

statements as (

    select
        access_key,
        status,
        valid_from,
        known_from,
        ended_at,
        end_known_from,
        cast(null as varchar) as other_key
    from told_with_ends
    where preference = 1

    union all

    select
        access_key,
        status,
        registered_at as valid_from,
        known_from,
        revoked_at as ended_at,
        revocation_known_from as end_known_from,
        related_key as other_key
    from changing

),

-- what ended had held, as far as anybody knew, until its end was known; after that, until the end
final as (

    select
        access_key,
        status,
        valid_from,
        {{ forever() }} as valid_to,
        known_from,
        -- greatest() passes nulls over
        case when ended_at is null then {{ forever() }} else greatest(end_known_from, known_from) end as known_to,
        other_key
    from statements

    union all

    select
        access_key,
        status,
        valid_from,
        ended_at as valid_to,
        greatest(end_known_from, known_from) as known_from,
        {{ forever() }} as known_to,
        other_key
    from statements
    where ended_at is not null

)

select * from final
where valid_from < valid_to and known_from < known_to
