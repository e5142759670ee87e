-- A posting of payables names the authorisation (AD) or the payment (AP) that it posts; it is its own trace.

with postings as (

    select * from {{ ref('base_logix__payable_postings') }}
    where origin_key is not null

),

final as (

    select
        {{ carried_envelope('postings', part='postings.side') }},
        concat(postings.entry_key, '|', postings.side) as trace_key,
        postings.branch_code,
        postings.entry_key as ledger_entry_key,
        postings.origin_table,
        cast(postings.num_ad_ap as varchar) as origin_record,
        postings.origin_key,
        postings.line as trace_sequence,
        postings.posted_on as traced_on,
        postings.side,
        case postings.side when 'debit' then postings.ledger_account else postings.counter_account end as debit_account,
        case postings.side when 'credit' then postings.ledger_account else postings.counter_account end as credit_account,
        postings.amount,
        case when postings.is_actual then 'released' else 'held' end as status,
        postings.native_amount
    from postings

)

select * from final
