-- Events that SEFAZ refused, or of which no answer came, one row per (document, type, sequence) that never was registered either.

with told as (

    select * from {{ ref('int_fiscal_events__told') }}

),

registered as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

documents as (

    select access_key from {{ ref('int_fiscal_documents__deduplicated') }}

),

event_types as (

    select * from {{ ref('fiscal_event_types') }}

),

ranked as (

    select
        told.*,
        row_number() over (
            partition by told.access_key, told.event_type, told.sequence
            order by
                case told.state when 'refused' then 0 else 1 end,
                told.told_at desc,
                told.content_sha256,
                told.ordinal
        ) as preference
    from told
    left join registered
        on
            told.access_key = registered.access_key
            and told.event_type = registered.event_type
            and told.sequence = registered.sequence
    where
        told.state in ('refused', 'unanswered')
        and registered.access_key is null

),

final as (

    select
        ranked.access_key,
        ranked.event_type,
        ranked.sequence,
        ranked.state,
        ranked.told_at,
        ranked.author_id,
        ranked.occurred_at,
        ranked.n_prot,
        ranked.c_stat,
        ranked.x_motivo,
        ranked.justification,
        ranked.correction,
        ranked.related_key,
        event_types.name_pt as event_name,
        coalesce(event_types.effect, 'unknown') as effect,
        documents.access_key is not null as has_document
    from ranked
    left join event_types
        on
            {{ access_key_model('ranked.access_key') }} = event_types.model
            and ranked.event_type = event_types.event_type
    left join documents on ranked.access_key = documents.access_key
    where ranked.preference = 1

)

select * from final
