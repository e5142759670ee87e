-- Production documents with their status at the as-of: cancelled before denied before substituted before authorised, else unproven.

with documents as (

    select * from {{ ref('int_fiscal_documents__deduplicated') }}

),

facts as (

    select * from {{ ref('int_fiscal_documents__status_facts') }}

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
        min(case when facts.status = 'authorised' then facts.valid_from end) as authorised_at
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
        ) as sefaz_status_at
    from documents
    left join current_facts on documents.access_key = current_facts.access_key

)

select * from final
