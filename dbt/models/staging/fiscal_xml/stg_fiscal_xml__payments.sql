with source as (

    select * from {{ source('raw_fiscal_xml', 'payments') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        access_key,
        environment,
        try_cast(payment as integer) as payment,
        method,
        indicator,
        description,
        {{ xml_amount('amount') }} as amount,
        {{ xml_date('paid_on') }} as paid_on,
        upper(payer_id) as payer_id,
        integration,
        upper(card_issuer_id) as card_issuer_id,
        card_brand,
        authorisation
    from source

)

select * from final
