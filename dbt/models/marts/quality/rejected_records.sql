with refusals as (

    select * from {{ ref('stg_quality__refusals') }}

),

keyed as (

    select * from {{ ref('int_refusals__keyed') }}

),

reasons as (

    select * from {{ ref('rejection_reasons') }}

),

-- the detail of a row's refusal is "COLUMN as type: value"; any other detail is all there is to say
explained as (

    select
        refusals.*,
        reasons.message_pt,
        nullif(regexp_extract(refusals.detail, '^(\S+) as \S+: ', 1), '') as refused_column,
        regexp_replace(refusals.detail, '^\S+ as \S+: ', '') as refused_value,
        coalesce(reasons.is_replayable, false) and coalesce(refusals.archive_ref, refusals.raw_text) is not null as is_replayable
    from refusals
    left join reasons on refusals.reason = reasons.reason

),

final as (

    select
        explained.quarantine_id as rejected_id,
        explained.source as connector,
        explained.stream as staging,
        keyed.crosswalk,
        {{ errors_json('explained.reason', 'explained.message_pt', 'explained.refused_column', 'explained.refused_value') }} as errors,
        explained.reason,
        explained.message_pt,
        explained.refused_column,
        explained.refused_value,
        {{ as_json('explained.raw_text') }} as staging_record,
        explained.place,
        explained.content_sha256,
        explained.archive_ref,
        explained.extraction_id,
        explained.first_seen_at,
        explained.last_seen_at,
        explained.attempts,
        explained.resolved_at,
        explained.is_replayable,
        case
            when explained.resolved_at is null and explained.is_replayable
                then 'confere replay --source ' || explained.source || ' --reason ' || explained.reason
        end as replay_command
    from explained
    left join keyed on explained.quarantine_id = keyed.quarantine_id

)

select * from final
