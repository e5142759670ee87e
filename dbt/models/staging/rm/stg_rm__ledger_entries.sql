-- An entry gives a row for each side that it has.

with entries as (

    select * from {{ ref('base_rm__entries') }}

),

sided as (

    select
        *,
        'debit' as side,
        debit_account as ledger_account,
        credit_account as counter_account
    from entries
    where debit_account is not null

    union all

    select
        *,
        'credit' as side,
        credit_account as ledger_account,
        debit_account as counter_account
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
        true as is_actual,
        lot,
        document,
        line,
        history,
        case
            when origin_record is null then integration_key
            else concat_ws('|', source, origin_table, company_number, origin_record)
        end as origin_key,
        application as origin_routine,
        integration_key is null as is_manual,
        cost_center,
        amount as native_amount
    from sided

)

select * from final
