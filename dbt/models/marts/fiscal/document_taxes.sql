with documents as (

    select * from {{ ref('int_fiscal_documents__totalled') }}

),

item_taxes as (

    select * from {{ ref('stg_fiscal_xml__item_taxes') }}

),

-- the few documents that number two items alike, or none, are counted through; nobody else pays for it
numbered as (

    select
        item_taxes.*,
        1 as occurrence
    from documents
    inner join item_taxes
        on
            documents.content_sha256 = item_taxes.content_sha256
            and documents.ordinal = item_taxes.ordinal
    where documents.item_numbers = documents.item_count

    union all

    select
        item_taxes.*,
        cast(
            row_number() over (
                partition by item_taxes.access_key, item_taxes.item, item_taxes.tax, item_taxes.tax_group
                order by item_taxes.base_amount, item_taxes.rate, item_taxes.amount
            ) as integer
        ) as occurrence
    from documents
    inner join item_taxes
        on
            documents.content_sha256 = item_taxes.content_sha256
            and documents.ordinal = item_taxes.ordinal
    where documents.item_numbers is distinct from documents.item_count

),

final as (

    select
        access_key,
        item,
        tax,
        tax_group,
        cst,
        class_code,
        base_amount,
        base_quantity,
        rate,
        amount,
        adds_to_total,
        occurrence
    from numbered

)

select * from final
