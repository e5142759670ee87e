-- SE1 and SE2 under one set of names. What a title means stands in stg_protheus__titles; this is what movements look for too.

with final as (

    {% for side, table, prefix, partner in [('receivable', 'se1', 'e1', 'cliente'), ('payable', 'se2', 'e2', 'fornece')] %}
    select
        {{ envelope('protheus', 'title_key') }},
        '{{ table | upper }}' as alias,
        '{{ side }}' as side,
        r_e_c_n_o_ as record_number,
        coalesce({{ prefix }}_filial, '') as own_branch,
        coalesce({{ blank_to_null(prefix ~ '_filorig') }}, {{ prefix }}_filial, '') as origin_branch,
        {{ protheus_branch(prefix ~ '_filial', prefix ~ '_filorig') }} as branch_code,
        coalesce({{ prefix }}_prefixo, '') as title_prefix,
        coalesce({{ prefix }}_num, '') as title_number,
        coalesce({{ prefix }}_parcela, '') as instalment,
        coalesce({{ prefix }}_tipo, '') as title_type,
        {{ prefix }}_{{ partner }} as partner_code,
        {{ prefix }}_loja as partner_store,
        {{ blank_to_null(prefix ~ '_titpai') }} as parent_text,
        {{ prefix }}_emissao as issued_on,
        coalesce({{ prefix }}_emis1, {{ prefix }}_emissao) as recorded_on,
        {{ prefix }}_vencto as due_on,
        {{ prefix }}_vencrea as effective_due_on,
        coalesce({{ prefix }}_vencori, {{ prefix }}_vencto) as original_due_on,
        {{ protheus_currency(prefix ~ '_moeda') }} as currency,
        {{ prefix }}_txmoeda as exchange_rate,
        {{ prefix }}_valor as amount,
        case
            when coalesce({{ prefix }}_moeda, 1) <= 1 then coalesce(nullif({{ prefix }}_vlcruz, 0), {{ prefix }}_valor)
            else {{ prefix }}_vlcruz
        end as amount_brl,
        coalesce({{ prefix }}_saldo, 0) as balance,
        coalesce({{ prefix }}_sdacres, 0) - coalesce({{ prefix }}_sddecre, 0) as open_extras,
        {{ prefix }}_baixa as settled_on,
        {{ blank_to_null(prefix ~ '_portado') }} as holder_bank,
        {% if side == 'receivable' %}
        {{ blank_to_null('e1_agedep') }} as holder_agency,
        {{ blank_to_null('e1_conta') }} as holder_account,
        coalesce({{ blank_to_null('e1_situaca') }}, '0') as wallet,
        {{ blank_to_null('e1_pedido') }} as order_number,
        {{ blank_to_null('e1_numnota') }} as note_number,
        {{ blank_to_null('e1_serie') }} as note_series,
        {% else %}
        cast(null as varchar) as holder_agency,
        cast(null as varchar) as holder_account,
        cast(null as varchar) as wallet,
        cast(null as varchar) as order_number,
        cast(null as varchar) as note_number,
        cast(null as varchar) as note_series,
        {% endif %}
        {{ blank_to_null(prefix ~ '_origem') }} as origin,
        coalesce({{ prefix }}_la = 'S', false) as is_accounted
    from {{ source('raw_protheus', table) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select * from final
