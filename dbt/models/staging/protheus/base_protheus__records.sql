-- The rows that traces lead to and whose keys are not their record numbers. A number is never given twice within a table.

with final as (

    {% for table in ('se1', 'se2', 'sf1', 'sf2') %}
    select
        _source as source,
        '{{ table | upper }}' as alias,
        r_e_c_n_o_ as record_number,
        min(_key) as record_key
    from {{ source('raw_protheus', table) }}
    where
        {{ is_current() }}
        and r_e_c_n_o_ is not null
    group by _source, r_e_c_n_o_
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select * from final
