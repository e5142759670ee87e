-- SA6 as it stands now. A6_CONTA is the ledger account; the account at the bank is A6_NUMCON.

with source as (

    select * from {{ source('raw_protheus', 'sa6') }}
    where {{ is_standing() }}

),

ranked as (

    select
        *,
        row_number() over (partition by _source, _key order by _row_id desc) as recency
    from source

),

final as (

    select
        {{ envelope('protheus', 'bank_account_key') }},
        coalesce(a6_filial, '') as branch_code,
        coalesce(a6_cod, '') as bank_code,
        coalesce(a6_agencia, '') as agency,
        coalesce(a6_numcon, '') as account,
        {{ blank_to_null('a6_nome') }} as account_name,
        {{ blank_to_null('a6_conta') }} as ledger_account,
        {{ protheus_currency('a6_moeda') }} as currency,
        a6_limcred as credit_limit,
        coalesce(a6_blocked = '1', false) as is_blocked
    from ranked
    where recency = 1

)

select * from final
