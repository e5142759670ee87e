-- An entry gives a row for each side that it has. The control amount stands on the debit of an entry that has both.

with entries as (

    select * from {{ ref('base_rm__entries') }}

),

sided as (

    select
        *,
        'debit' as side,
        debit_account as ledger_account,
        credit_account as counter_account,
        amount as native_amount
    from entries
    where debit_account is not null

    union all

    select
        *,
        'credit' as side,
        credit_account as ledger_account,
        debit_account as counter_account,
        case when debit_account is null then amount end as native_amount
    from entries
    where credit_account is not null

),

final as (

    select
        {{ carried_envelope('sided') }},
        cast(company_number as varchar) as company_code,
        cast(branch_number as varchar) as branch_code,
        entry_key,
        side,
        ledger_account,
        counter_account,
        posted_on,
        amount,
        case side when 'debit' then amount else -amount end as signed_amount,
        'BRL' as currency,
        true as is_actual,
        lot,
        document,
        line,
        history,
        coalesce(origin_key, integration_key) as origin_key,
        application as origin_routine,
        integration_key is null as is_manual,
        cost_center,
        native_amount
    from sided

)

select * from final
