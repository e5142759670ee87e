-- The appropriations of receivables as entries. One whose movement is not accounted yet has not reached the ledger.

with appropriations as (

    select * from {{ ref('base_datasul__appropriations') }}

),

final as (

    select
        {{ carried_envelope('appropriations') }},
        company_code,
        branch_code,
        entry_key,
        side,
        ledger_account,
        posted_on,
        amount,
        case side when 'debit' then amount when 'credit' then -amount end as signed_amount,
        coalesce(is_accounted, true) as is_actual,
        lot,
        document,
        native_type as posting_rule,
        movement_key as origin_key,
        'movto_tit_acr' as origin_routine,
        false as is_manual,
        amount as native_amount
    from appropriations

)

select * from final
