-- The causes of synchronisation rows one by one, with the instant until which each could wait; null where it never waits.
-- A day counts as a business day of the Brazilian bank calendar, and the time of day is kept.

with current_sync as (

    select * from {{ ref('int_sync__current') }}

),

calendar as (

    select * from {{ ref('int_calendar__numbered') }}

),

deadlines as (

    select
        max(case when name = 'posting_days' then value end) as posting_days,
        max(case when name = 'queue_hours' then value end) as queue_hours
    from {{ ref('stg_settings__deadlines') }}

),

one_by_one as (

    select
        access_key,
        company_cnpj,
        role,
        unnest(causes) as cause,
        issued_at,
        issue_date,
        queued_at,
        document_amount,
        erp_amount,
        amount_difference,
        icms_difference,
        ipi_difference,
        tax_tolerance,
        coalesce(posted_key, proposed_key, deleted_key) as erp_document_key,
        status_since
    from current_sync
    where len(causes) > 0

),

final as (

    select
        one_by_one.*,
        case one_by_one.cause
            when 'missing_in_erp'
                then one_by_one.issued_at + to_days(cast(date_diff('day', one_by_one.issue_date, due_days.day) as integer))
            when 'queued_not_extracted' then one_by_one.queued_at + to_hours(cast(deadlines.queue_hours as integer))
        end as due_at
    from one_by_one
    cross join deadlines
    left join calendar as issue_days on one_by_one.issue_date = issue_days.day
    left join calendar as due_days
        on
            due_days.is_business_day
            and issue_days.business_days + deadlines.posting_days = due_days.business_days

)

select * from final
