-- What the check of signatures, as it was made last, says of each signed element; nothing where it was never switched on.

with signatures as (

    select * from {{ ref('stg_fiscal_xml__signatures') }}

),

ranked as (

    select
        *,
        dense_rank() over (partition by content_sha256 order by recorded_at desc, check_version desc) as age
    from signatures

),

final as (

    select
        content_sha256,
        ordinal,
        recorded_at,
        subject,
        access_key,
        environment,
        event_type,
        sequence,
        outcome,
        detail,
        signature_algorithm,
        digest_value,
        key_bits,
        signer_name,
        signer_id,
        not_before,
        not_after
    from ranked
    where
        age = 1
        -- a payload without anything signed has a row as well, so that it is not judged again
        and subject is not null

)

select * from final
