with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

instalments as (

    select * from {{ ref('stg_fiscal_xml__instalments') }}

),

final as (

    select
        instalments.access_key,
        instalments.instalment,
        instalments.number,
        instalments.due_on,
        instalments.amount
    from documents
    inner join instalments
        on
            documents.content_sha256 = instalments.content_sha256
            and documents.ordinal = instalments.ordinal

)

select * from final
