-- The extraction contracts as rows: what a table of a system is called, its key, and what becomes of its rows.

with declared as (

    {% for table in native_tables() %}
    select
        '{{ table.system }}' as system,
        '{{ table.stream }}' as stream,
        '{{ table.staged_as }}' as staged_as,
        '{{ table.key | join("|") }}' as key_columns,
        {{ 'true' if table.amount else 'false' }} as has_amount
    union all
    {% endfor %}
    select
        cast(null as varchar) as system,
        cast(null as varchar) as stream,
        cast(null as varchar) as staged_as,
        cast(null as varchar) as key_columns,
        cast(null as boolean) as has_amount
    where false

),

final as (

    select
        system,
        stream,
        staged_as,
        key_columns,
        has_amount
    from declared

)

select * from final
