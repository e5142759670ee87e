with source as (

    select * from {{ source('raw_logix', 'portador') }}

),

final as (

    select
        {{ envelope('logix', 'bank_account_key') }},
        cod_portador as bank_code,
        {{ blank_to_null('num_agencia') }} as agency,
        {{ blank_to_null('num_conta') }} as account,
        nom_portador as account_name,
        {{ blank_to_null('num_conta_cont') }} as ledger_account
    from source
    where {{ is_standing() }}

)

select * from final
