-- Production documents with their status at the as-of: cancelled before denied before substituted before authorised, else unproven.

with documents as (

    select * from {{ ref('int_fiscal_documents__deduplicated') }}

),

facts as (

    select * from {{ ref('int_fiscal_documents__status_facts') }}

),

chained as (

    select * from {{ ref('int_fiscal_documents__chained') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

current_facts as (

    select
        facts.access_key,
        min(case when facts.status = 'cancelled' then facts.valid_from end) as cancelled_at,
        min(case when facts.status = 'denied' then facts.valid_from end) as denied_at,
        min(case when facts.status = 'substituted' then facts.valid_from end) as substituted_at,
        -- only what was authorised can be closed
        min(case when facts.status in ('authorised', 'closed') then facts.valid_from end) as authorised_at,
        min(case when facts.status = 'closed' then facts.valid_from end) as closed_at,
        bool_or(facts.status = 'void') as is_void_number
    from facts
    cross join clock
    where
        facts.valid_from <= clock.as_of
        and facts.valid_to > clock.as_of
        and facts.known_to = {{ forever() }}
    group by facts.access_key

),

final as (

    select
        documents.*,
        case
            when current_facts.cancelled_at is not null then 'cancelled'
            when current_facts.denied_at is not null then 'denied'
            when current_facts.substituted_at is not null then 'substituted'
            when current_facts.authorised_at is not null then 'authorised'
            else 'unproven'
        end as sefaz_status,
        coalesce(
            current_facts.cancelled_at, current_facts.denied_at, current_facts.substituted_at, current_facts.authorised_at
        ) as sefaz_status_at,
        current_facts.closed_at,
        coalesce(current_facts.is_void_number, false) as is_void_number,
        chained.substitute_key,
        chained.current_key
    from documents
    left join current_facts on documents.access_key = current_facts.access_key
    left join chained on documents.access_key = chained.access_key

)

select * from final
