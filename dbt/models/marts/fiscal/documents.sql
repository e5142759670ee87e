with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

final as (

    select
        access_key,
        model,
        layout_version,
        series,
        number,
        issued_at,
        issue_date,
        issuer_id,
        issuer_name,
        issuer_uf,
        recipient_id,
        recipient_name,
        recipient_uf,
        taker_id,
        operation,
        direction,
        purpose,
        total_amount,
        products_amount,
        discount_amount,
        freight_amount,
        icms_amount,
        icms_st_amount,
        ipi_amount,
        pis_amount,
        cofins_amount,
        ibs_amount,
        cbs_amount,
        receivable_amount,
        sefaz_status,
        sefaz_status_at,
        signature_status,
        has_valid_check_digit,
        content_sha256,
        'sha256:' || content_sha256 as archive_ref
    from (
        select
            *,
            -- signatures are not verified unless asked for: what is known without that is whether there is one
            case when digest_value is null then 'unsigned' else 'not_checked' end as signature_status
        from documents
    )

)

select * from final
