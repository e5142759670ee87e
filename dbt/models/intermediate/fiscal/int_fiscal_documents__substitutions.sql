-- Which document took the place of which, as rectangles of the two times: by SEFAZ's mark on the one that was replaced, or by the
-- authorised one that names it. A substitute that is cancelled substitutes nothing from then on.

with told as (

    select * from {{ ref('int_fiscal_documents__status_told') }}

),

links as (

    select * from {{ ref('int_fiscal_documents__linked') }}
    where
        kind = 'substitutes'
        and told_by = 'document'
        and access_key <> linked_key

),

claims as (

    select
        access_key,
        other_key as substitute_key,
        valid_from,
        valid_to,
        known_from,
        known_to
    from told
    where status = 'substituted'

    union all

    select
        links.linked_key as access_key,
        links.access_key as substitute_key,
        told.valid_from,
        told.valid_to,
        greatest(told.known_from, links.known_from) as known_from,
        told.known_to
    from links
    inner join told
        on
            links.access_key = told.access_key
            and told.status = 'authorised'

),

-- until when a cancelled substitute stood, as that was known at each time
ends as (

    select
        told.access_key,
        min(told.valid_from) over by_knowledge as ended_at,
        told.known_from,
        coalesce(lead(told.known_from) over by_knowledge, {{ forever() }}) as known_to,
        min(told.known_from) over (partition by told.access_key) as first_known_from
    from told
    where
        told.status = 'cancelled'
        and told.valid_to = {{ forever() }}
        and told.known_to = {{ forever() }}
    window by_knowledge as (partition by told.access_key order by told.known_from, told.valid_from rows unbounded preceding)

),

first_ends as (

    select
        access_key,
        min(first_known_from) as first_known_from
    from ends
    group by access_key

),

rectangles as (

    select
        claims.access_key,
        claims.substitute_key,
        claims.valid_from,
        claims.valid_to,
        claims.known_from,
        least(claims.known_to, first_ends.first_known_from) as known_to
    from claims
    left join first_ends on claims.substitute_key = first_ends.access_key

    union all

    select
        claims.access_key,
        claims.substitute_key,
        claims.valid_from,
        least(claims.valid_to, ends.ended_at) as valid_to,
        greatest(claims.known_from, ends.known_from) as known_from,
        least(claims.known_to, ends.known_to) as known_to
    from claims
    inner join ends on claims.substitute_key = ends.access_key

),

final as (

    select * from rectangles
    where valid_from < valid_to and known_from < known_to

)

select * from final
