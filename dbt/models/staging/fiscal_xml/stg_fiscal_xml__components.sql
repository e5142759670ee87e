with source as (

    select * from {{ source('raw_fiscal_xml', 'components') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        access_key,
        environment,
        try_cast(component as integer) as component,
        kind,
        name,
        {{ xml_amount('amount') }} as amount
    from source

)

select * from final
