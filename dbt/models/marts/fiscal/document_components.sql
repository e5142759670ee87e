with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

components as (

    select * from {{ ref('stg_fiscal_xml__components') }}

),

final as (

    select
        components.access_key,
        components.component,
        components.kind,
        components.name,
        components.amount
    from documents
    inner join components
        on
            documents.content_sha256 = components.content_sha256
            and documents.ordinal = components.ordinal

)

select * from final
