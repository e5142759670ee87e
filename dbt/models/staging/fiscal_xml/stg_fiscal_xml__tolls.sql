with source as (

    select * from {{ source('raw_fiscal_xml', 'tolls') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        access_key,
        environment,
        try_cast(toll as integer) as toll,
        upper(supplier_id) as supplier_id,
        upper(payer_id) as payer_id,
        purchase_number,
        {{ xml_amount('amount') }} as amount,
        kind
    from source

)

select * from final
