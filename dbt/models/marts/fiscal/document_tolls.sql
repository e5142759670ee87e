with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

tolls as (

    select * from {{ ref('stg_fiscal_xml__tolls') }}

),

final as (

    select
        tolls.access_key,
        tolls.toll,
        tolls.supplier_id,
        tolls.payer_id,
        tolls.purchase_number,
        tolls.amount,
        tolls.kind
    from documents
    inner join tolls
        on
            documents.content_sha256 = tolls.content_sha256
            and documents.ordinal = tolls.ordinal

)

select * from final
