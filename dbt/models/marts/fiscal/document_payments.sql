with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

payments as (

    select * from {{ ref('stg_fiscal_xml__payments') }}

),

final as (

    select
        payments.access_key,
        payments.payment,
        payments.method,
        payments.indicator,
        payments.description,
        payments.amount,
        payments.paid_on,
        payments.payer_id,
        payments.card_issuer_id,
        payments.card_brand,
        payments.integration,
        payments.authorisation
    from documents
    inner join payments
        on
            documents.content_sha256 = payments.content_sha256
            and documents.ordinal = payments.ordinal

)

select * from final
