with source as (

    select * from {{ source('raw_protheus', 'ct7') }}

),

final as (

    select
        {{ envelope('protheus', 'balance_key') }},
        coalesce(ct7_filial, '') as branch_code,
        {{ blank_to_null('ct7_conta') }} as ledger_account,
        ct7_data as balance_on,
        {{ protheus_currency('ct7_moeda') }} as currency,
        ct7_tpsald as balance_type,
        coalesce(ct7_lp = 'Z', false) as is_closing,
        ct7_debito as debit_amount,
        ct7_credit as credit_amount,
        ct7_atudeb as debit_to_date,
        ct7_atucrd as credit_to_date
    from source

)

select * from final
