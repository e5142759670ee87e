with postings as (

    select * from {{ ref('base_logix__payable_postings') }}

),

final as (

    select
        source,
        system,
        entry_key,
        row_id || '|' || side as row_id,
        version,
        changed_at,
        inserted_at,
        recorded_at,
        superseded_at,
        is_deleted,
        branch_code,
        side,
        ledger_account,
        counter_account,
        posted_on,
        amount,
        cast(case side when 'debit' then amount when 'credit' then -amount end as decimal(18, 2)) as signed_amount,
        is_actual,
        lot,
        document,
        line,
        history,
        origin_key,
        is_manual,
        false as is_closing,
        amount as native_amount
    from postings

)

select * from final
