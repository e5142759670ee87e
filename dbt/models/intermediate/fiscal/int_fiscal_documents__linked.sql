-- Which document names which: what the XML of one says of another, and what an event on one tells of another, also where that one
-- never arrives. A note that gives goods back (finNFe 4) returns the notes that it refers to.

with documents as (

    select * from {{ ref('int_fiscal_documents__deduplicated') }}

),

links as (

    select * from {{ ref('stg_fiscal_xml__links') }}

),

told as (

    select * from {{ ref('int_fiscal_events__told') }}

),

registered as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

event_links as (

    select * from {{ ref('stg_fiscal_xml__event_links') }}

),

meanings as (

    select * from {{ ref('fiscal_event_links') }}

),

of_documents as (

    select
        links.access_key,
        links.linked_key,
        case
            when links.kind = 'references' and documents.model = '55' and documents.purpose = '4' then 'returns'
            else links.kind
        end as kind,
        links.link,
        'document' as told_by,
        documents.known_from,
        documents.issued_at as linked_at
    from documents
    inner join links
        on
            documents.content_sha256 = links.content_sha256
            and documents.ordinal = links.ordinal

),

named as (

    select
        registered.access_key,
        event_links.linked_key,
        meanings.kind,
        meanings.is_told_of_other,
        registered.known_from,
        registered.registered_at
    from told
    inner join registered
        on
            told.access_key = registered.access_key
            and told.event_type = registered.event_type
            and told.sequence = registered.sequence
    inner join event_links
        on
            told.content_sha256 = event_links.content_sha256
            and told.ordinal = event_links.ordinal
            and told.access_key = event_links.access_key
    inner join meanings
        on
            {{ access_key_model('registered.access_key') }} = meanings.model
            and registered.event_type = meanings.event_type
            and {{ access_key_model('event_links.linked_key') }} = meanings.linked_model
    where
        told.state in ('registered', 'unanswered')
        and registered.revoked_at is null
        and event_links.linked_key <> registered.access_key

),

of_events as (

    select
        case when is_told_of_other then linked_key else access_key end as access_key,
        case when is_told_of_other then access_key else linked_key end as linked_key,
        kind,
        cast(null as integer) as link,
        'event' as told_by,
        known_from,
        registered_at as linked_at
    from named

),

together as (

    select * from of_documents
    union all
    select * from of_events

),

-- the same document may be named twice, and by both
ranked as (

    select
        *,
        row_number() over (
            partition by access_key, linked_key, kind order by told_by, link, known_from, linked_at
        ) as preference
    from together
    where linked_key is not null

),

final as (

    select
        access_key,
        linked_key,
        kind,
        link,
        told_by,
        linked_at,
        known_from
    from ranked
    where preference = 1

)

select * from final
