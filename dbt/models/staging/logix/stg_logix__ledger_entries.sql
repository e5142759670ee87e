with postings as (

    select * from {{ ref('base_logix__payable_postings') }}

),

final as (

    select
        {{ carried_envelope('postings', part='postings.side') }},
        postings.entry_key,
        postings.branch_code,
        postings.side,
        postings.ledger_account,
        postings.counter_account,
        postings.posted_on,
        postings.amount,
        cast(
            case postings.side when 'debit' then postings.amount when 'credit' then -postings.amount end as decimal(18, 2)
        ) as signed_amount,
        'BRL' as currency,
        postings.is_actual,
        postings.lot,
        postings.document,
        postings.line,
        postings.history,
        postings.origin_key,
        postings.is_manual,
        false as is_closing,
        postings.native_amount
    from postings

)

select * from final
