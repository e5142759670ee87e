-- FXCX, with the account's bank from FCXA, which may be shared (company 0), and the entry that it settled; of several it names none.

with source as (

    select * from {{ source('raw_rm', 'fxcx') }}

),

accounts as (

    select
        _key as bank_account_key,
        _source as source,
        codcoligada as company_number,
        trim(codcxa) as code,
        {{ blank_to_null('numbanco') }} as bank_code,
        {{ blank_to_null('numagencia') }} as agency,
        {{ blank_to_null('nroconta') }} as account
    from {{ source('raw_rm', 'fcxa') }}
    where {{ is_standing() }}

),

settling as (

    select
        {{ key_of_row('FXCX', ['codcoligada', 'idxcx'], zero_is_none=true, given='idxcx') }} as movement_key,
        {{ key_of_row('FLAN', ['codcoligada', 'idlan'], zero_is_none=true, given='idlan') }} as title_key
    from {{ source('raw_rm', 'flanbaixa') }}
    where {{ is_standing() }}

),

settlements as (

    select
        movement_key,
        min(title_key) as title_key,
        count(distinct title_key) as titles
    from settling
    where movement_key is not null
    group by movement_key

),

movements as (

    select
        {{ envelope('rm', 'movement_key') }},
        codcoligada as company_number,
        cast(codcoligada as varchar) as company_code,
        cast(codfilial as varchar) as branch_code,
        trim(codcxa) as code,
        data as moved_on,
        datacompensacao as cleared_on,
        valor as signed_amount,
        {{ blank_to_null('numerodocumento') }} as document_number,
        {{ blank_to_null('historico') }} as history,
        compensado = 1 as is_reconciled
    from source

),

final as (

    select
        {{ carried_envelope('movements') }},
        movements.company_code,
        movements.branch_code,
        movements.movement_key,
        coalesce(own.bank_account_key, shared.bank_account_key) as bank_account_key,
        coalesce(own.bank_code, shared.bank_code) as bank_code,
        coalesce(own.agency, shared.agency) as agency,
        coalesce(own.account, shared.account, movements.code) as account,
        movements.moved_on,
        coalesce(movements.cleared_on, movements.moved_on) as available_on,
        cast(abs(movements.signed_amount) as decimal(18, 2)) as amount,
        movements.signed_amount,
        'BRL' as currency,
        case when settlements.titles = 1 then settlements.title_key end as title_key,
        movements.document_number,
        movements.history,
        movements.is_reconciled,
        movements.cleared_on as reconciled_on,
        true as moves_balance
    from movements
    left join accounts as own
        on
            movements.source = own.source
            and movements.company_number = own.company_number
            and movements.code = own.code
    left join accounts as shared
        on
            movements.source = shared.source
            and shared.company_number = 0
            and movements.code = shared.code
    left join settlements on movements.movement_key = settlements.movement_key

)

select * from final
