with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

items as (

    select * from {{ ref('stg_fiscal_xml__items') }}

),

final as (

    select
        items.access_key,
        items.item,
        items.product_code,
        items.ean,
        items.description,
        items.ncm,
        items.cest,
        items.cfop,
        items.unit,
        items.quantity,
        items.unit_price,
        items.gross_amount,
        items.discount_amount,
        items.freight_amount,
        items.insurance_amount,
        items.other_amount,
        items.is_in_total,
        items.order_number,
        items.order_item
    from documents
    inner join items
        on
            documents.content_sha256 = items.content_sha256
            and documents.ordinal = items.ordinal

)

select * from final
