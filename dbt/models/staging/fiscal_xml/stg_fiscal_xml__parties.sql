with source as (

    select * from {{ source('raw_fiscal_xml', 'parties') }}

),

final as (

    select
        _source as source,
        _content_sha256 as content_sha256,
        _ordinal as ordinal,
        _recorded_at as recorded_at,
        access_key,
        environment,
        role,
        try_cast(party as integer) as party,
        upper(tax_id) as tax_id,
        tax_id_type,
        name,
        state_registration,
        uf,
        municipality_code
    from source

)

select * from final
