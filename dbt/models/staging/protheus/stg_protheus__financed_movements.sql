with source as (

    select * from {{ source('raw_protheus', 'ar2') }}

),

final as (

    select
        {{ envelope('protheus', 'movement_key') }},
        coalesce(ar2_filial, '') as branch_code,
        {{ key_of_row('AR1', ["coalesce(ar2_filial, '')", 'ar2_cod']) }} as invoice_key,
        ar2_item as item,
        {{ blank_to_null('ar2_mov') }} as native_type,
        coalesce(ar2_filtit, '') as title_branch,
        coalesce(ar2_prefix, '') as title_prefix,
        coalesce(ar2_numtit, '') as title_number,
        coalesce(ar2_parc, '') as instalment,
        coalesce(ar2_tipo, '') as title_type,
        {{ blank_to_null('ar2_client') }} as customer_code,
        {{ blank_to_null('ar2_loja') }} as customer_store,
        {{ blank_to_null('ar2_fornec') }} as supplier_code,
        {{ blank_to_null('ar2_lojfor') }} as supplier_store,
        ar2_valor as amount,
        ar2_datati as titled_on,
        ar2_dataor as ordered_on,
        {{ blank_to_null('ar2_titori') }} as original_title,
        {{ blank_to_null('ar2_idtitp') }} as platform_title_id,
        {{ blank_to_null('ar2_nfdev') }} as return_number,
        {{ blank_to_null('ar2_serdev') }} as return_series,
        {{ blank_to_null('ar2_reqcod') }} as request_code,
        ar2_oldven as previous_due_on,
        ar2_newven as new_due_on
    from source

)

select * from final
