-- What was found at earlier runs stays: this table reads its own former self, also in a full run, and remembers when a problem was
-- first seen and when it was gone. A run whose clock lies before what is remembered forgets what was not known by then.

with found as (

    select * from {{ ref('int_mismatches__found') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

waivers as (

    select
        waivers.mismatch_id,
        bool_or(waivers.waived_until >= {{ local_date('clock.as_of') }}) as is_waived
    from {{ ref('stg_settings__waivers') }} as waivers
    cross join clock
    group by waivers.mismatch_id

),

{% set former_relation = former_self(this) %}
{% if former_relation %}

former as (

    select * from {{ former_relation }}

),

{% else %}

former as (

    select
        *,
        cast(null as timestamptz) as first_seen_at,
        cast(null as timestamptz) as last_seen_at,
        cast(null as timestamptz) as resolved_at,
        cast(null as boolean) as is_waived,
        cast(null as varchar) as run_id
    from found
    where false

),

{% endif %}

remembered as (

    select
        former.* exclude (last_seen_at, resolved_at),
        least(former.last_seen_at, clock.as_of) as last_seen_at,
        case when former.resolved_at <= clock.as_of then former.resolved_at end as resolved_at
    from former
    cross join clock
    where former.first_seen_at <= clock.as_of

),

open_rows as (

    select
        found.mismatch_id,
        found.cause,
        found.severity,
        found.company_cnpj,
        found.branch,
        found.entity_type,
        found.entity_key,
        found.amount,
        found.mart,
        coalesce(remembered.first_seen_at, clock.as_of) as first_seen_at,
        clock.as_of as last_seen_at,
        cast(null as timestamptz) as resolved_at,
        coalesce(waivers.is_waived, false) as is_waived,
        found.evidence,
        case
            when
                remembered.mismatch_id is null
                or remembered.resolved_at is not null
                or {{ differs('remembered.amount', 'found.amount') }}
                or {{ differs('cast(remembered.evidence as varchar)', 'cast(found.evidence as varchar)') }}
                or {{ differs('remembered.is_waived', 'coalesce(waivers.is_waived, false)') }}
                then clock.run_id
            else remembered.run_id
        end as run_id
    from found
    cross join clock
    left join remembered on found.mismatch_id = remembered.mismatch_id
    left join waivers on found.mismatch_id = waivers.mismatch_id

),

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
        coalesce(waivers.is_waived, false) as is_waived,
        remembered.evidence,
        case when remembered.resolved_at is null then clock.run_id else remembered.run_id end as run_id
    from remembered
    cross join clock
    left join found on remembered.mismatch_id = found.mismatch_id
    left join waivers on remembered.mismatch_id = waivers.mismatch_id
    where found.mismatch_id is null

),

final as (

    select * from open_rows
    union all
    select * from resolved_rows

)

select * from final
