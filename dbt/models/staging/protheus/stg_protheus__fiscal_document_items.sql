-- SD1 and SD2. In a pré-nota the type of entry (TES) is blank.

with inbound as (

    select * from {{ source('raw_protheus', 'sd1') }}

),

outbound as (

    select * from {{ source('raw_protheus', 'sd2') }}

),

final as (

    select
        {{ envelope('protheus', 'item_key') }},
        d1_filial as branch_code,
        {{ key_of_row('SF1', ["coalesce(d1_filial, '')", 'd1_doc', 'd1_serie', 'd1_fornece', 'd1_loja', 'd1_tipo']) }} as erp_document_key,
        'inbound' as direction,
        d1_item as item,
        d1_cod as product_code,
        d1_quant as quantity,
        d1_vunit as unit_price,
        d1_total as amount,
        {{ blank_to_null('d1_tes') }} as operation_type,
        {{ blank_to_null('d1_cf') }} as cfop,
        {{ blank_to_null('d1_conta') }} as ledger_account,
        {{ blank_to_null('d1_pedido') }} as order_number,
        {{ blank_to_null('d1_itempc') }} as order_item,
        {{ blank_to_null('d1_nfori') }} as original_number,
        {{ blank_to_null('d1_seriori') }} as original_series,
        d1_dtdigit as posted_on,
        d1_total as native_amount
    from inbound

    union all

    select
        {{ envelope('protheus', 'item_key') }},
        d2_filial as branch_code,
        {{ key_of_row('SF2', ["coalesce(d2_filial, '')", 'd2_doc', 'd2_serie', 'd2_cliente', 'd2_loja', 'd2_tipo']) }} as erp_document_key,
        'outbound' as direction,
        d2_item as item,
        d2_cod as product_code,
        d2_quant as quantity,
        d2_prcven as unit_price,
        d2_total as amount,
        {{ blank_to_null('d2_tes') }} as operation_type,
        {{ blank_to_null('d2_cf') }} as cfop,
        cast(null as varchar) as ledger_account,
        {{ blank_to_null('d2_pedido') }} as order_number,
        cast(null as varchar) as order_item,
        {{ blank_to_null('d2_nfori') }} as original_number,
        {{ blank_to_null('d2_seriori') }} as original_series,
        d2_emissao as posted_on,
        d2_total as native_amount
    from outbound

)

select * from final
