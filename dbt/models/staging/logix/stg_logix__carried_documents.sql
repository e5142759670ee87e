-- The invoices that a CT-e carries, as stored for SINTEGRA (S004-16).

with source as (

    select * from {{ source('raw_logix', 'fat_nf_conh_doc_carga') }}

),

final as (

    select
        {{ envelope('logix', 'carried_key') }},
        empresa as branch_code,
        {{ key_of_row('fat_nf_mestre', ['empresa', 'trans_nota_fiscal']) }} as erp_document_key,
        cast(seq_doc_carga as varchar) as sequence,
        upper({{ blank_to_null('chave_acesso') }}) as carried_access_key,
        cast(nota_fiscal as varchar) as carried_number,
        trim(serie_nota_fiscal) as carried_series,
        {{ blank_to_null('remetent') }} as sender_code,
        val_nota_fiscal as amount,
        peso as weight
    from source

)

select * from final
