-- PCCRECLI, where the credit notes of the financier (NCC) land. A credit is used when DTDESCONTO is filled.

with source as (

    select * from {{ source('raw_winthor', 'pccrecli') }}

),

final as (

    select
        {{ envelope('winthor', 'credit_key') }},
        coalesce({{ blank_to_null('codfilial') }}, '') as branch_code,
        cast(codcli as varchar) as partner_code,
        dtlanc as credited_on,
        valor as amount,
        dtdesconto is not null as is_used,
        dtdesconto as used_on,
        {{ winthor_key('PCNFSAID', ['numtransvendadesc']) }} as used_document_key,
        dtcancel is not null or dtestorno is not null as is_cancelled,
        coalesce(dtcancel, dtestorno) as cancelled_on,
        {{ winthor_key('PCNFSAID', ['numtransvenda']) }} as origin_document_key,
        {{ winthor_key('PCNFENT', ['numtransentdevcli']) }} as return_document_key,
        {{ blank_to_null('situacao') }} as situation,
        {{ blank_to_null('origem') }} as origin,
        {{ blank_to_null('historico') }} as history,
        valor as native_amount
    from source

)

select * from final
