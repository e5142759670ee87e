{{
    config(
        materialized='incremental',
        unique_key='mismatch_id',
        incremental_strategy='delete+insert',
        full_refresh=false,
        on_schema_change='append_new_columns'
    )
}}

-- What was found at earlier runs stays: this table remembers when a problem was first seen and when it was gone.

with found as (

    select * from {{ ref('int_mismatches__found') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

waivers as (

    select
        waivers.mismatch_id,
        max(waivers.waived_until) as waived_until
    from {{ ref('stg_settings__waivers') }} as waivers
    group by waivers.mismatch_id

),

{% if is_incremental() -%}
remembered as (

    select * from {{ this }}

),
{%- else -%}
remembered as (

    select
        cast(null as varchar) as mismatch_id,
        cast(null as timestamptz) as first_seen_at,
        cast(null as timestamptz) as last_seen_at,
        cast(null as timestamptz) as resolved_at,
        cast(null as decimal(18, 2)) as amount,
        cast(null as varchar) as evidence,
        cast(null as boolean) as is_waived,
        cast(null as varchar) as run_id
    where false

),
{%- endif %}

judged as (

    select
        found.mismatch_id,
        found.cause,
        found.severity,
        found.company_cnpj,
        found.branch,
        found.entity_type,
        found.entity_key,
        cast(found.amount as decimal(18, 2)) as amount,
        found.mart,
        -- a run of an earlier clock may have seen it before the first one did
        least(coalesce(remembered.first_seen_at, clock.as_of), clock.as_of) as first_seen_at,
        clock.as_of as last_seen_at,
        cast(null as timestamptz) as resolved_at,
        coalesce(waivers.waived_until >= cast(clock.as_of as date), false) as is_waived,
        found.evidence,
        remembered.mismatch_id is not null
        and remembered.resolved_at is null
        and remembered.amount is not distinct from found.amount
        and remembered.evidence = cast(found.evidence as varchar)
        and remembered.is_waived = coalesce(waivers.waived_until >= cast(clock.as_of as date), false) as is_unchanged,
        remembered.run_id as remembered_run_id,
        clock.run_id as present_run_id
    from found
    cross join clock
    left join remembered on found.mismatch_id = remembered.mismatch_id
    left join waivers on found.mismatch_id = waivers.mismatch_id

),

open_rows as (

    select
        * exclude (is_unchanged, remembered_run_id, present_run_id),
        case when is_unchanged then remembered_run_id else present_run_id end as run_id
    from judged

)

{% if is_incremental() -%}
,

resolved_rows as (

    select
        remembered.mismatch_id,
        remembered.cause,
        remembered.severity,
        remembered.company_cnpj,
        remembered.branch,
        remembered.entity_type,
        remembered.entity_key,
        remembered.amount,
        remembered.mart,
        remembered.first_seen_at,
        remembered.last_seen_at,
        coalesce(remembered.resolved_at, clock.as_of) as resolved_at,
        coalesce(waivers.waived_until >= cast(clock.as_of as date), false) as is_waived,
        remembered.evidence,
        case when remembered.resolved_at is null then clock.run_id else remembered.run_id end as run_id
    from remembered
    cross join clock
    left join waivers on remembered.mismatch_id = waivers.mismatch_id
    where remembered.mismatch_id not in (select found.mismatch_id from found)

),

final as (

    select * from open_rows
    union all
    select * from resolved_rows

)
{%- else -%}
,

final as (

    select * from open_rows

)
{%- endif %}

select * from final
