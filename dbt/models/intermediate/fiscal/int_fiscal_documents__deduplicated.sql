-- One row per production document. The same key may have come in many files: the copy that its protocol proves wins.

with documents as (

    select * from {{ ref('stg_fiscal_xml__documents') }}
    where environment is distinct from '2'

),

protocols as (

    select * from {{ ref('stg_fiscal_xml__protocols') }}
    where environment is distinct from '2'

),

verified as (

    select * from {{ ref('int_fiscal_documents__verified') }}

),

proven as (

    select * from {{ ref('int_fiscal_digests__proven') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

accompanied as (

    select
        access_key,
        content_sha256
    from protocols
    group by access_key, content_sha256

),

ranked as (

    select
        documents.*,
        -- what is known without the optional check is whether there is a signature
        coalesce(
            verified.signature_status, case when documents.digest_value is null then 'unsigned' else 'not_checked' end
        ) as signature_status,
        min(documents.recorded_at) over (partition by documents.access_key) as known_from,
        row_number() over (
            partition by documents.access_key
            order by
                (proven.access_key is not null) desc,
                -- an altered copy still states the digest that the protocol bears
                coalesce(verified.doubt, 1),
                (accompanied.access_key is not null) desc,
                documents.content_sha256,
                documents.ordinal
        ) as preference
    from documents
    left join proven
        on
            documents.access_key = proven.access_key
            and documents.digest_value = proven.digest_value
    left join accompanied
        on
            documents.access_key = accompanied.access_key
            and documents.content_sha256 = accompanied.content_sha256
    left join verified
        on
            documents.access_key = verified.access_key
            and documents.content_sha256 = verified.content_sha256

),

final as (

    select ranked.* exclude (preference, recorded_at)
    from ranked
    cross join clock
    where
        ranked.preference = 1
        -- facts dated after the as-of are stored but do not count
        and coalesce(ranked.issued_at <= clock.as_of, true)

)

select * from final
