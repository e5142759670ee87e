with source as (

    select * from {{ source('raw_fiscal_xml', 'items') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        access_key,
        environment,
        try_cast(item as integer) as item,
        product_code,
        ean,
        description,
        ncm,
        cest,
        cfop,
        unit,
        {{ xml_amount('quantity', 18, 4) }} as quantity,
        {{ xml_amount('unit_price', 21, 10) }} as unit_price,
        taxable_unit,
        {{ xml_amount('taxable_quantity', 18, 4) }} as taxable_quantity,
        {{ xml_amount('taxable_unit_price', 21, 10) }} as taxable_unit_price,
        {{ xml_amount('gross_amount') }} as gross_amount,
        {{ xml_amount('discount_amount') }} as discount_amount,
        {{ xml_amount('freight_amount') }} as freight_amount,
        {{ xml_amount('insurance_amount') }} as insurance_amount,
        {{ xml_amount('other_amount') }} as other_amount,
        {{ xml_amount('total_amount') }} as total_amount,
        coalesce(is_in_total, '1') <> '0' as is_in_total,
        order_number,
        order_item,
        benefit_code,
        vehicle_operation,
        info
    from source

)

select * from final
