with source as (

    select * from {{ source('raw_protheus', 'ar1') }}

),

final as (

    select
        {{ envelope('protheus', 'invoice_key') }},
        coalesce(ar1_filial, '') as branch_code,
        ar1_cod as invoice_code,
        {{ blank_to_null('ar1_filnf') }} as invoice_branch,
        {{ blank_to_null('ar1_doc') }} as document_number,
        {{ blank_to_null('ar1_serie') }} as document_series,
        {{ blank_to_null('ar1_client') }} as partner_code,
        {{ blank_to_null('ar1_loja') }} as partner_store,
        {{ blank_to_null('ar1_prefix') }} as title_prefix,
        {{ blank_to_null('ar1_clipar') }} as financier_code,
        {{ blank_to_null('ar1_ljparc') }} as financier_store,
        ar1_vlrnf as amount,
        ar1_txneg as fee_amount,
        ar1_vlrrec as net_amount,
        ar1_dtpgto as paid_on,
        {{ blank_to_null('ar1_tcktra') }} as transaction_code,
        {{ blank_to_null('ar1_cmdinv') }} as command,
        upper({{ blank_to_null('ar1_chvnfe') }}) as access_key,
        {{ blank_to_null('ar1_status') }} as native_status,
        {{ blank_to_null('ar1_starsk') }} as transfer_status
    from source

)

select * from final
