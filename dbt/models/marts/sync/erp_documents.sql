with documents as (

    select * from {{ ref('int_erp_documents__judged') }}

),

final as (

    select
        source,
        erp_document_key,
        access_key,
        linked_key as document_access_key,
        company_cnpj,
        model,
        direction,
        stage,
        number,
        series,
        partner_tax_id,
        amount,
        issued_on,
        posted_on,
        is_deleted,
        matched_by,
        cause,
        causes
    from documents

)

select * from final
