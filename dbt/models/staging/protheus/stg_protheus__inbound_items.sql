with source as (

    select * from {{ source('raw_protheus', 'sd1') }}

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
        d1_filial as branch_code,
        d1_doc as document_number,
        d1_serie as document_series,
        d1_fornece as partner_code,
        d1_loja as partner_store,
        d1_tipo as document_type,
        d1_item as item,
        d1_cod as product_code,
        d1_quant as quantity,
        d1_vunit as unit_price,
        d1_total as gross_amount,
        {{ blank_to_null('d1_tes') }} as entry_type,
        {{ blank_to_null('d1_cf') }} as cfop,
        {{ blank_to_null('d1_pedido') }} as order_number,
        {{ blank_to_null('d1_itempc') }} as order_item,
        {{ blank_to_null('d1_nfori') }} as original_number,
        {{ blank_to_null('d1_seriori') }} as original_series,
        {{ blank_to_null('d1_conta') }} as ledger_account,
        d1_dtdigit as posted_on
    from source

)

select * from final
