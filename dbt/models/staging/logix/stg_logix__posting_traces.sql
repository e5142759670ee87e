-- A posting of payables names the authorisation (AD) or the payment (AP) that it posts; it is its own trace.

with postings as (

    select * from {{ ref('base_logix__payable_postings') }}
    where origin_key is not null

),

final as (

    select
        source,
        system,
        entry_key || '|' || side as trace_key,
        row_id || '|' || side as row_id,
        version,
        changed_at,
        inserted_at,
        recorded_at,
        superseded_at,
        is_deleted,
        branch_code,
        entry_key as ledger_entry_key,
        origin_table,
        cast(num_ad_ap as varchar) as origin_record,
        origin_key,
        line as trace_sequence,
        posted_on as traced_on,
        side,
        case side when 'debit' then ledger_account else counter_account end as debit_account,
        case side when 'credit' then ledger_account else counter_account end as credit_account,
        amount,
        case when is_actual then 'released' else 'held' end as status,
        amount as native_amount
    from postings

)

select * from final
