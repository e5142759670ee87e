with altered as (

    select * from {{ ref('int_fiscal_documents__altered') }}

),

final as (

    select
        content_sha256,
        ordinal,
        access_key,
        subject,
        event_type,
        sequence,
        issuer_id,
        issuer_name,
        total_amount,
        signer_id,
        signer_name,
        not_before as certificate_valid_from,
        not_after as certificate_valid_to,
        key_bits,
        signature_algorithm,
        is_of_authorised_document,
        has_genuine_copy,
        is_copy_in_use,
        detail,
        path,
        inner_path,
        recorded_at,
        'sha256:' || content_sha256 as archive_ref
    from altered

)

select * from final
