-- item-doc-est and it-nota-fisc. Prices and quantities are extents, of which the first element is the national currency and the
-- customer's unit.

with inbound as (

    select * from {{ source('raw_datasul', 'item_doc_est') }}

),

outbound as (

    select * from {{ source('raw_datasul', 'it_nota_fisc') }}

),

final as (

    select
        {{ envelope('datasul', 'item_key') }},
        {{ key_of_row(
            'docum-est', ['"serie-docto"', '"nro-docto"', '"cod-emitente"', '"nat-operacao"'], given='"nro-docto"'
        ) }} as erp_document_key,
        'inbound' as direction,
        cast(null as varchar) as branch_code,
        cast(sequencia as varchar) as item,
        "it-codigo" as product_code,
        quantidade as quantity,
        {{ datasul_first_of_extent('"preco-unit"', 'decimal(21,10)') }} as unit_price,
        {{ datasul_first_of_extent('"preco-total"', 'decimal(18,2)') }} as amount,
        {{ blank_to_null('"nat-operacao"') }} as operation_type,
        cast(nullif("num-pedido", 0) as varchar) as order_number,
        cast(nullif("numero-ordem", 0) as varchar) as order_item,
        {{ blank_to_null('"nro-comp"') }} as original_number,
        {{ blank_to_null('"serie-comp"') }} as original_series,
        cast(null as date) as posted_on,
        cast(null as decimal(18, 2)) as native_amount
    from inbound

    union all

    select
        {{ envelope('datasul', 'item_key') }},
        {{ key_of_row('nota-fiscal', ['"cod-estabel"', 'serie', '"nr-nota-fis"'], given='"nr-nota-fis"') }} as erp_document_key,
        'outbound' as direction,
        trim("cod-estabel") as branch_code,
        cast("nr-seq-fat" as varchar) as item,
        "it-codigo" as product_code,
        {{ datasul_first_of_extent('"qt-faturada"', 'decimal(18,4)') }} as quantity,
        "vl-preuni" as unit_price,
        "vl-tot-item" as amount,
        {{ blank_to_null('"nat-operacao"') }} as operation_type,
        {{ blank_to_null('"nr-pedcli"') }} as order_number,
        cast(null as varchar) as order_item,
        cast(null as varchar) as original_number,
        cast(null as varchar) as original_series,
        "dt-emis-nota" as posted_on,
        "vl-tot-item" as native_amount
    from outbound

)

select * from final
