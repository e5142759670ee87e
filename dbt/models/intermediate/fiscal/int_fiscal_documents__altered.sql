-- Production documents and events whose content was changed after their author signed it, one row per copy that shows it.

with signatures as (

    select * from {{ ref('int_fiscal_signatures__current') }}
    where environment is distinct from '2'

),

verified as (

    select * from {{ ref('int_fiscal_documents__verified') }}

),

copies as (

    select
        content_sha256,
        access_key,
        min(issuer_id) as issuer_id,
        min(issuer_name) as issuer_name,
        max(total_amount) as total_amount
    from {{ ref('stg_fiscal_xml__documents') }}
    group by content_sha256, access_key

),

documents as (

    select * from {{ ref('int_fiscal_documents__deduplicated') }}

),

proven as (

    select * from {{ ref('int_fiscal_digests__proven') }}

),

genuine as (

    select access_key
    from verified
    where doubt = 0
    group by access_key

),

payloads as (

    select
        content_sha256,
        min(path) as path,
        min(inner_path) as inner_path
    from {{ ref('stg_fiscal_xml__payloads') }}
    group by content_sha256

),

final as (

    select
        signatures.content_sha256,
        signatures.ordinal,
        signatures.recorded_at,
        signatures.subject,
        signatures.access_key,
        signatures.event_type,
        signatures.sequence,
        copies.issuer_id,
        copies.issuer_name,
        copies.total_amount,
        signatures.detail,
        signatures.signer_name,
        signatures.signer_id,
        signatures.signature_algorithm,
        signatures.key_bits,
        signatures.not_before,
        signatures.not_after,
        payloads.path,
        payloads.inner_path,
        -- the protocol repeats the digest that was signed: SEFAZ authorised what was signed, not what the copy holds
        proven.access_key is not null as is_of_authorised_document,
        signatures.subject = 'document' and genuine.access_key is not null as has_genuine_copy,
        signatures.subject = 'document' and documents.access_key is not null as is_copy_in_use
    from signatures
    left join copies
        on
            signatures.subject = 'document'
            and signatures.content_sha256 = copies.content_sha256
            and signatures.access_key = copies.access_key
    left join documents
        on
            signatures.content_sha256 = documents.content_sha256
            and signatures.access_key = documents.access_key
    left join proven
        on
            signatures.subject = 'document'
            and signatures.access_key = proven.access_key
            and signatures.digest_value = proven.digest_value
    left join genuine on signatures.access_key = genuine.access_key
    left join payloads on signatures.content_sha256 = payloads.content_sha256
    where signatures.outcome = 'altered'

)

select * from final
