-- FK1 and FK2 under one set of names.

with final as (

    {% for table, side in [('fk1', 'receivable'), ('fk2', 'payable')] %}
    select
        {{ envelope('protheus', 'movement_key') }},
        '{{ table | upper }}' as origin_table,
        '{{ side }}' as side,
        r_e_c_n_o_ as record_number,
        {{ blank_to_null(table ~ '_id' ~ table) }} as origin_id,
        coalesce({{ table }}_filial, '') as own_branch,
        {{ protheus_branch(table ~ '_filial', table ~ '_filori') }} as branch_code,
        {{ table }}_data as moved_on,
        {{ table }}_dtdigi as recorded_on,
        {{ table }}_dtdisp as available_on,
        {{ table }}_valor as amount,
        {{ table }}_vlmoe2 as foreign_amount,
        {{ table }}_txmoed as exchange_rate,
        {{ protheus_currency(table ~ '_moeda') }} as currency,
        coalesce(trim({{ table }}_tpdoc), '') as movement_type,
        {{ blank_to_null(table ~ '_motbx') }} as settlement_reason,
        coalesce({{ table }}_seq, '') as sequence,
        {{ blank_to_null(table ~ '_sitcob') }} as wallet,
        {{ blank_to_null(table ~ '_doc') }} as document_number,
        {{ blank_to_null(table ~ '_iddoc') }} as title_id,
        {{ blank_to_null(table ~ '_idproc') }} as operation_id,
        -- what the shop's own front end took in is no settlement of the title
        coalesce({{ table }}_origem, '') <> 'LOJXREC' as counts,
        coalesce(trim({{ table }}_la) = 'S', false) as is_accounted
    from {{ source('raw_protheus', table) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select * from final
