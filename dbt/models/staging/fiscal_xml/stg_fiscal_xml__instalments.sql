with source as (

    select * from {{ source('raw_fiscal_xml', 'instalments') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        access_key,
        environment,
        try_cast(instalment as integer) as instalment,
        number,
        {{ xml_date('due_on') }} as due_on,
        {{ xml_amount('amount') }} as amount
    from source

)

select * from final
