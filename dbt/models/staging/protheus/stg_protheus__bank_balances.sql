-- SE8 is sparse (days with movement only) and its past changes; it is a control, not the truth.

with source as (

    select * from {{ source('raw_protheus', 'se8') }}

),

sharing as (

    select * from {{ ref('base_protheus__table_sharing') }}
    where alias = 'SA6'

),

balances as (

    select
        {{ envelope('protheus', 'balance_key') }},
        coalesce(e8_filial, '') as branch_code,
        coalesce(e8_banco, '') as bank_code,
        coalesce(e8_agencia, '') as agency,
        coalesce(e8_conta, '') as account,
        e8_dtsalat as balance_on,
        e8_salatua as balance_amount,
        e8_salreco as reconciled_amount,
        e8_salatua as native_amount
    from source

),

final as (

    select
        balances.*,
        {{ protheus_bank_account_key('balances', 'sharing', 'branch_code') }} as bank_account_key
    from balances
    left join sharing on balances.source = sharing.source

)

select * from final
