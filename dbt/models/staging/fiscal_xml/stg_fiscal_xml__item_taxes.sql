with source as (

    select * from {{ source('raw_fiscal_xml', 'item_taxes') }}

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
        tax,
        tax_group,
        cst,
        class_code,
        {{ xml_amount('base_amount') }} as base_amount,
        {{ xml_amount('base_quantity', 18, 4) }} as base_quantity,
        {{ xml_amount('rate', 18, 4) }} as rate,
        {{ xml_amount('amount') }} as amount,
        adds_to_total = '1' as adds_to_total
    from source

)

select * from final
