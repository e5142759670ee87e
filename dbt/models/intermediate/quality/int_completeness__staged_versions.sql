-- Which versions of an ERP's rows the canonical entities hold. A row may be several (both sides of a ledger entry) or stand in several
-- entities (a movement of a title and of a bank account): it counts once.

{%- set entities = [
    'int_bank_accounts__unioned',
    'int_bank_balances__unioned',
    'int_bank_movements__unioned',
    'int_customer_credits__unioned',
    'int_erp_branches__unioned',
    'int_erp_document_items__unioned',
    'int_erp_documents__unioned',
    'int_import_queue__unioned',
    'int_integration_states__unioned',
    'int_ledger_accounts__unioned',
    'int_ledger_balances__unioned',
    'int_ledger_entries__unioned',
    'int_manifestations__unioned',
    'int_orders__unioned',
    'int_parameters__unioned',
    'int_partners__unioned',
    'int_posting_rules__unioned',
    'int_posting_traces__unioned',
    'int_replication_queue__unioned',
    'int_title_movements__unioned',
    'int_titles__unioned',
] %}

with held as (

    {% for entity in entities %}
    select
        version,
        {{ native_amount_of(entity) }} as amount,
        {{ has_native_amount(entity) }} as has_amount
    from {{ ref(entity) }}
    where superseded_at is null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        version,
        min(amount) as least_amount,
        max(amount) as most_amount,
        bool_or(has_amount) as has_amount
    from held
    group by version

)

select * from final
