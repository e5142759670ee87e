-- Every day of the Brazilian bank calendar with the number of business days up to it, so that "n business days later" is an addition.

with holidays as (

    select * from {{ ref('bank_holidays') }}

),

bounds as (

    select
        make_date(cast(extract(year from min(day)) as integer), 1, 1) as first_day,
        make_date(cast(extract(year from max(day)) as integer), 12, 31) as last_day
    from holidays

),

days as (

    select cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as day
    from bounds

),

judged as (

    select
        days.day,
        extract(isodow from days.day) < 6 and holidays.day is null as is_business_day,
        holidays.holiday
    from days
    left join holidays on days.day = holidays.day

),

final as (

    select
        day,
        is_business_day,
        holiday,
        cast(count(case when is_business_day then 1 end) over (order by day) as integer) as business_days
    from judged

)

select * from final
