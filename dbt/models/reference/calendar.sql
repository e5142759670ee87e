with days as (

    select * from {{ ref('int_calendar__numbered') }}

),

final as (

    select
        day,
        is_business_day,
        holiday
    from days

)

select * from final
