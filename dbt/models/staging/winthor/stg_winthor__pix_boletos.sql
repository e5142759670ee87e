with source as (

    select * from {{ source('raw_winthor', 'pcbolepix') }}

),

final as (

    select
        {{ envelope('winthor', 'boleto_key') }},
        {{ blank_to_null('codfilial') }} as branch_code,
        {{ winthor_key('PCPREST', ['numtransvenda', 'prest']) }} as title_key,
        cast(codcli as varchar) as partner_code,
        dtbolepix as changed_at_provider,
        {{ blank_to_null('statusbolepix') }} as native_status,
        {{ blank_to_null('statusretorno') }} as return_status,
        vpago as paid_amount,
        dtpag as paid_on,
        dtcancel as cancelled_on,
        {{ blank_to_null('codcobpix') }} as billing_code,
        {{ blank_to_null('mensagemtechfin') }} as financier_message
    from source

)

select * from final
