with source as (

    select * from {{ source('raw_winthor', 'pcconcessaocredmaisneg') }}

),

final as (

    select
        {{ envelope('winthor', 'request_key') }},
        {{ blank_to_null('protocolnumber') }} as protocol,
        datasolicitacao as requested_at,
        {{ winthor_key('PCCLIENT', ['codcli']) }} as customer_key,
        cast(codcli as varchar) as partner_code,
        limitecreddesejado as wanted_amount,
        limitecredaprovado as granted_amount,
        {{ blank_to_null('status') }} as native_status,
        {{ blank_to_null('statusprocess') }} as process_status,
        datahoraavaliacao as judged_at,
        datahoraconfirmacao as confirmed_at,
        dtexecucao as executed_at,
        {{ blank_to_null('erpid') }} as erp_id,
        {{ blank_to_null('obs') }} as remark
    from source

)

select * from final
