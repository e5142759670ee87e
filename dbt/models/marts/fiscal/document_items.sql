with documents as (

    select * from {{ ref('int_fiscal_documents__totalled') }}

),

items as (

    select * from {{ ref('stg_fiscal_xml__items') }}

),

-- the few documents that number two items alike, or none, are counted through; nobody else pays for it
numbered as (

    select
        items.*,
        1 as occurrence
    from documents
    inner join items
        on
            documents.content_sha256 = items.content_sha256
            and documents.ordinal = items.ordinal
    where documents.item_numbers = documents.item_count

    union all

    select
        items.*,
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

),

final as (

    select
        access_key,
        item,
        product_code,
        ean,
        description,
        ncm,
        cest,
        cfop,
        unit,
        quantity,
        unit_price,
        taxable_unit,
        taxable_quantity,
        taxable_unit_price,
        gross_amount,
        discount_amount,
        freight_amount,
        insurance_amount,
        other_amount,
        total_amount,
        is_in_total,
        order_number,
        order_item,
        benefit_code,
        info,
        occurrence
    from numbered

)

select * from final
