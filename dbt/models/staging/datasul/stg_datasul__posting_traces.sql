-- Each appropriation names the movement of receivables that it posts.

with appropriations as (

    select * from {{ ref('base_datasul__appropriations') }}

),

final as (

    select
        {{ carried_envelope('appropriations') }},
        entry_key as trace_key,
        company_code,
        branch_code,
        entry_key as ledger_entry_key,
        'movto_tit_acr' as origin_table,
        movement as origin_record,
        movement_key as origin_key,
        native_type as posting_rule,
        posted_on as traced_on,
        side,
        case when side = 'debit' then ledger_account end as debit_account,
        case when side = 'credit' then ledger_account end as credit_account,
        amount,
        amount as native_amount
    from appropriations

)

select * from final
