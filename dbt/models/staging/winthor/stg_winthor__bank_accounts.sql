-- A cash account of Winthor is a bank and a moeda ("banco/moeda"), of which PCESTCR keeps the balance, the moeda in its column CODCOB.
-- A bank whose moedas nobody knows yet stands alone.

with banks as (

    select
        *,
        {{ envelope('winthor', 'bank_key') }}
    from {{ source('raw_winthor', 'pcbanco') }}
    where {{ is_standing() }}

),

balances as (

    select * from {{ source('raw_winthor', 'pcestcr') }}
    where {{ is_standing() }}

),

movements as (

    select * from {{ source('raw_winthor', 'pcmovcr') }}
    where {{ is_standing() }}

),

moedas as (

    select * from {{ source('raw_winthor', 'pcmoeda') }}
    where {{ is_standing() }}

),

used as (

    select _source, codbanco, codcob from balances
    union
    select _source, codbanco, codcob from movements

),

final as (

    select
        {{ carried_envelope('banks', part='used.codcob') }},
        {{ winthor_key('PCESTCR', ['banks.codbanco', 'used.codcob'], 'banks.source') }} as bank_account_key,
        {{ blank_to_null('banks.codfilial') }} as branch_code,
        cast(banks.codbanco as varchar) as bank_code,
        {{ blank_to_null('banks.agencia') }} as agency,
        {{ blank_to_null('banks.conta') }} as account,
        concat_ws(' / ', banks.nome, coalesce(moedas.moeda, used.codcob)) as account_name,
        {{ blank_to_null('banks.codcontabil') }} as ledger_account,
        'BRL' as currency
    from banks
    left join used
        on
            banks._source = used._source
            and banks.codbanco = used.codbanco
    left join moedas
        on
            used._source = moedas._source
            and used.codcob = moedas.codmoeda

)

select * from final
