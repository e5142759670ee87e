with source as (

    select * from {{ source('raw_fiscal_xml', 'signatures') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        subject,
        element,
        access_key,
        environment,
        event_type,
        try_cast(sequence as integer) as sequence,
        outcome,
        detail,
        signature_algorithm,
        digest_algorithm,
        digest_value,
        key_bits,
        signer_name,
        signer_id,
        not_before,
        not_after,
        check_version
    from source

)

select * from final
