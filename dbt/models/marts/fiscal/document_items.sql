with documents as (

    select * from {{ ref('int_fiscal_documents__totalled') }}

),

items as (

    select * from {{ ref('stg_fiscal_xml__items') }}

),

-- the few documents that number two items alike, or none, are counted through; nobody else pays for it
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
        items.taxable_unit,
        items.taxable_quantity,
        items.taxable_unit_price,
        items.gross_amount,
        items.discount_amount,
        items.freight_amount,
        items.insurance_amount,
        items.other_amount,
        items.total_amount,
        items.is_in_total,
        items.order_number,
        items.order_item,
        items.benefit_code,
        items.info,
        1 as occurrence
    from documents
    inner join items
        on
            documents.content_sha256 = items.content_sha256
            and documents.ordinal = items.ordinal
    where documents.item_numbers = documents.item_count

    union all

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
        items.taxable_unit,
        items.taxable_quantity,
        items.taxable_unit_price,
        items.gross_amount,
        items.discount_amount,
        items.freight_amount,
        items.insurance_amount,
        items.other_amount,
        items.total_amount,
        items.is_in_total,
        items.order_number,
        items.order_item,
        items.benefit_code,
        items.info,
        cast(
            row_number() over (
                partition by items.access_key, items.item
                order by items.product_code, items.description, items.quantity, items.gross_amount
            ) as integer
        ) as occurrence
    from documents
    inner join items
        on
            documents.content_sha256 = items.content_sha256
            and documents.ordinal = items.ordinal
    where documents.item_numbers is distinct from documents.item_count

)

select * from final
