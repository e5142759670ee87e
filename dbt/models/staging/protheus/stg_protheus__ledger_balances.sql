-- CQ0 (months) and CQ1 (days): what moved, no running balance. Rows of the closing are apart (LP Z).

with months as (

    select * from {{ source('raw_protheus', 'cq0') }}

),

days as (

    select * from {{ source('raw_protheus', 'cq1') }}

),

final as (

    select
        {{ envelope('protheus', 'balance_key') }},
        coalesce(cq0_filial, '') as branch_code,
        'month' as period,
        {{ blank_to_null('cq0_conta') }} as ledger_account,
        cq0_data as balance_on,
        {{ protheus_currency('cq0_moeda') }} as currency,
        cq0_tpsald as balance_type,
        coalesce(cq0_debito, 0) as debit_amount,
        coalesce(cq0_credit, 0) as credit_amount,
        coalesce(cq0_lp = 'Z', false) as is_closing,
        cq0_debito as native_amount
    from months

    union all

    select
        {{ envelope('protheus', 'balance_key') }},
        coalesce(cq1_filial, '') as branch_code,
        'day' as period,
        {{ blank_to_null('cq1_conta') }} as ledger_account,
        cq1_data as balance_on,
        {{ protheus_currency('cq1_moeda') }} as currency,
        cq1_tpsald as balance_type,
        coalesce(cq1_debito, 0) as debit_amount,
        coalesce(cq1_credit, 0) as credit_amount,
        coalesce(cq1_lp = 'Z', false) as is_closing,
        cq1_debito as native_amount
    from days

)

select * from final
