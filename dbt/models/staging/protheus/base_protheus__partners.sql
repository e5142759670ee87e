-- SA1 and SA2 as they stand now; the branch is blank where the register is shared.

with final as (

    {% for register, table, prefix in [('customer', 'sa1', 'a1'), ('supplier', 'sa2', 'a2')] %}
    select
        {{ envelope('protheus', 'partner_key') }},
        '{{ register }}' as register,
        coalesce({{ prefix }}_filial, '') as branch_code,
        {{ prefix }}_cod as partner_code,
        {{ prefix }}_loja as partner_store,
        {{ prefix }}_nome as partner_name,
        {{ tax_id(prefix ~ '_cgc') }} as tax_id,
        {{ blank_to_null(prefix ~ '_est') }} as uf,
        {{ blank_to_null(prefix ~ '_conta') }} as ledger_account,
        coalesce({{ prefix }}_msblql = '1', false) as is_blocked
    from {{ source('raw_protheus', table) }}
    where {{ is_standing() }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select * from final
