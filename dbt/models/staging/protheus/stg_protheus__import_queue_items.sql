with source as (

    select * from {{ source('raw_protheus', 'sdt') }}

),

final as (

    select
        {{ envelope('protheus', 'item_key') }},
        coalesce(dt_filial, '') as branch_code,
        {{ key_of_row('SDS', ["coalesce(dt_filial, '')", 'dt_doc', 'dt_serie', 'dt_fornec', 'dt_loja']) }} as queue_key,
        dt_item as item,
        {{ blank_to_null('dt_cod') }} as product_code,
        {{ blank_to_null('dt_prodfor') }} as supplier_product_code,
        dt_quant as quantity,
        dt_vunit as unit_price,
        dt_total as amount,
        {{ blank_to_null('dt_pedido') }} as order_number,
        {{ blank_to_null('dt_itempc') }} as order_item,
        upper({{ blank_to_null('dt_chvnfo') }}) as original_access_key,
        {{ blank_to_null('dt_itxml') }} as xml_item,
        {{ blank_to_null('dt_codcfop') }} as cfop
    from source

)

select * from final
