with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

item_taxes as (

    select * from {{ ref('stg_fiscal_xml__item_taxes') }}

),

final as (

    select
        item_taxes.access_key,
        item_taxes.item,
        item_taxes.tax,
        item_taxes.tax_group,
        item_taxes.cst,
        item_taxes.class_code,
        item_taxes.base_amount,
        item_taxes.rate,
        item_taxes.amount
    from documents
    inner join item_taxes
        on
            documents.content_sha256 = item_taxes.content_sha256
            and documents.ordinal = item_taxes.ordinal

)

select * from final
