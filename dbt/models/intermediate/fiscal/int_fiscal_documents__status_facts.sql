-- What SEFAZ said of a document, as facts with their times: authorised, denied, cancelled, substituted.
-- The status is derived from these in any order of arrival; it is never a column of the document.

with protocols as (

    select * from {{ ref('stg_fiscal_xml__protocols') }}
    where environment is distinct from '2'

),

events as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

summaries as (

    select * from {{ ref('stg_fiscal_xml__summaries') }}
    where kind = 'resNFe'

),

substitutions as (

    select * from {{ ref('stg_fiscal_xml__links') }}
    where
        kind = 'substitutes'
        and environment is distinct from '2'

),

documents as (

    select * from {{ ref('int_fiscal_documents__deduplicated') }}

),

statuses as (

    select * from {{ ref('sefaz_statuses') }}

),

from_protocols as (

    select
        protocols.access_key,
        statuses.status,
        coalesce(protocols.received_at, protocols.recorded_at) as valid_from,
        {{ forever() }} as valid_to,
        protocols.recorded_at as known_from,
        {{ forever() }} as known_to
    from protocols
    inner join statuses on protocols.c_stat = statuses.c_stat

),

from_summaries as (

    select
        access_key,
        case situation when '1' then 'authorised' when '2' then 'denied' when '3' then 'cancelled' end as status,
        coalesce(received_at, issued_at, recorded_at) as valid_from,
        {{ forever() }} as valid_to,
        recorded_at as known_from,
        {{ forever() }} as known_to
    from summaries
    where situation in ('1', '2', '3')

),

cancelling as (

    select
        *,
        case effect when 'cancels' then 'cancelled' when 'substitutes' then 'substituted' end as status
    from events
    where effect in ('cancels', 'substitutes')

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
        case when revoked_at is null then {{ forever() }} else greatest(revocation_known_from, known_from) end as known_to
    from cancelling

    union all

    select
        access_key,
        status,
        registered_at as valid_from,
        revoked_at as valid_to,
        greatest(revocation_known_from, known_from) as known_from,
        {{ forever() }} as known_to
    from cancelling
    where revoked_at is not null

),

-- a CT-e is replaced by the authorised one that names it, also before SEFAZ's mark on it arrives
from_substitutes as (

    select
        substitutions.linked_key as access_key,
        'substituted' as status,
        from_protocols.valid_from,
        {{ forever() }} as valid_to,
        greatest(from_protocols.known_from, documents.known_from) as known_from,
        {{ forever() }} as known_to
    from substitutions
    inner join documents
        on
            substitutions.access_key = documents.access_key
            and substitutions.content_sha256 = documents.content_sha256
    inner join from_protocols
        on
            substitutions.access_key = from_protocols.access_key
            and from_protocols.status = 'authorised'

),

final as (

    select * from from_protocols
    union all
    select * from from_summaries
    union all
    select * from from_events
    union all
    select * from from_substitutes

)

select * from final
where valid_from < valid_to and known_from < known_to
