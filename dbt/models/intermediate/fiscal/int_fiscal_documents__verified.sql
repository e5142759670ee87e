-- How far a copy of a document can be trusted by its signature. A payload that holds the document twice is as good as the worse of them.

with signatures as (

    select * from {{ ref('int_fiscal_signatures__current') }}
    where subject = 'document'

),

outcomes as (

    select * from {{ ref('signature_outcomes') }}

),

ranked as (

    select
        signatures.content_sha256,
        signatures.access_key,
        signatures.outcome as signature_status,
        outcomes.doubt,
        row_number() over (
            partition by signatures.content_sha256, signatures.access_key
            order by outcomes.doubt desc, signatures.outcome desc, signatures.ordinal
        ) as preference
    from signatures
    inner join outcomes on signatures.outcome = outcomes.outcome

),

final as (

    select
        content_sha256,
        access_key,
        signature_status,
        doubt
    from ranked
    where preference = 1

)

select * from final
