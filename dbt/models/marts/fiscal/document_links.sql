with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

links as (

    select * from {{ ref('stg_fiscal_xml__links') }}

),

-- the same entry may stand twice in one document
ranked as (

    select
        links.access_key,
        links.linked_key,
        links.kind,
        links.link,
        row_number() over (partition by links.access_key, links.linked_key, links.kind order by links.link) as preference
    from documents
    inner join links
        on
            documents.content_sha256 = links.content_sha256
            and documents.ordinal = links.ordinal

),

final as (

    select
        access_key,
        linked_key,
        kind,
        link
    from ranked
    where preference = 1

)

select * from final
