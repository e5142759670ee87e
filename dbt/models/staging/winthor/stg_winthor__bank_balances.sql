with source as (

    select
        *,
        {{ envelope('winthor', 'balance_key') }}
    from {{ source('raw_winthor', 'pcestcr') }}

),

banks as (

    select * from {{ source('raw_winthor', 'pcbanco') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ carried_envelope('source') }},
        source.balance_key,
        {{ blank_to_null('banks.codfilial') }} as branch_code,
        source.balance_key as bank_account_key,
        cast(source.codbanco as varchar) as bank_code,
        {{ blank_to_null('banks.agencia') }} as agency,
        {{ blank_to_null('banks.conta') }} as account,
        source.valor as balance_amount,
        source.valor as native_amount
    from source
    left join banks
        on
            source._source = banks._source
            and source.codbanco = banks.codbanco

)

select * from final
