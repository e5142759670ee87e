with source as (

    select * from {{ source('raw_protheus', 'sd2') }}

),

final as (

    select
        _source as source,
        _key as item_key,
        _row_id as row_id,
        _version as version,
        _changed_at as changed_at,
        _recorded_at as recorded_at,
        _superseded_at as superseded_at,
        _is_deleted as is_deleted,
        d2_filial as branch_code,
        d2_doc as document_number,
        d2_serie as document_series,
        d2_cliente as partner_code,
        d2_loja as partner_store,
        d2_tipo as document_type,
        d2_item as item,
        d2_cod as product_code,
        d2_quant as quantity,
        d2_prcven as unit_price,
        d2_total as gross_amount,
        {{ blank_to_null('d2_tes') }} as exit_type,
        {{ blank_to_null('d2_cf') }} as cfop,
        {{ blank_to_null('d2_pedido') }} as order_number,
        {{ blank_to_null('d2_nfori') }} as original_number,
        {{ blank_to_null('d2_seriori') }} as original_series,
        d2_emissao as posted_on
    from source

)

select * from final
