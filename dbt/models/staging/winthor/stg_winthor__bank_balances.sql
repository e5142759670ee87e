with source as (

    select * from {{ source('raw_winthor', 'pcestcr') }}

),

banks as (

    select * from {{ source('raw_winthor', 'pcbanco') }}
    where {{ is_standing() }}

),

final as (

    select
        source._source as source,
        'winthor' as system,
        source._key as balance_key,
        source._row_id as row_id,
        source._version as version,
        source._changed_at as changed_at,
        source._inserted_at as inserted_at,
        source._recorded_at as recorded_at,
        source._superseded_at as superseded_at,
        source._is_deleted as is_deleted,
        {{ blank_to_null('banks.codfilial') }} as branch_code,
        source._key as bank_account_key,
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
