-- What stands live in the store, over every native table: the numbers by which rows are counted, and nothing of their content.

with stored as (

    {% for table in native_tables() %}
    select
        _source as source,
        '{{ table.stream }}' as stream,
        '{{ table.staged_as }}' as staged_as,
        _version as version,
        {{ key_number('_key') }} as key_number,
        {{ 'cast("' ~ table.amount ~ '" as decimal(38, 2))' if table.amount else 'cast(null as decimal(38, 2))' }} as amount,
        {{ 'true' if table.amount else 'false' }} as has_amount
    from {{ table.relation }}
    where {{ is_standing() }}
    union all
    {% endfor %}
    select
        cast(null as varchar) as source,
        cast(null as varchar) as stream,
        cast(null as varchar) as staged_as,
        cast(null as bigint) as version,
        {{ key_number("''") }} as key_number,
        cast(null as decimal(38, 2)) as amount,
        cast(null as boolean) as has_amount
    where false

),

final as (

    select
        source,
        stream,
        staged_as,
        version,
        key_number,
        amount,
        has_amount
    from stored

)

select * from final
