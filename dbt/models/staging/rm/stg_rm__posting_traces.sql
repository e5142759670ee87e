-- An entry names its origin by INTEGRACHAVE; a manual one has none.

with entries as (

    select * from {{ ref('base_rm__entries') }}
    where origin_record is not null

),

final as (

    select
        {{ carried_envelope('entries') }},
        cast(company_number as varchar) as company_code,
        cast(branch_number as varchar) as branch_code,
        entry_key as trace_key,
        entry_key as ledger_entry_key,
        origin_table,
        origin_record,
        origin_key,
        posted_on as traced_on,
        debit_account,
        credit_account,
        amount,
        amount as native_amount
    from entries

)

select * from final
