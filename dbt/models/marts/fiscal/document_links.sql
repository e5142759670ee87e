with links as (

    select * from {{ ref('int_fiscal_documents__linked') }}

),

documents as (

    select access_key from {{ ref('int_fiscal_documents__deduplicated') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

final as (

    select
        links.access_key,
        links.linked_key,
        links.kind,
        links.link,
        links.told_by,
        documents.access_key is not null as has_document,
        linked_documents.access_key is not null as has_linked_document
    from links
    cross join clock
    left join documents on links.access_key = documents.access_key
    left join documents as linked_documents on links.linked_key = linked_documents.access_key
    where coalesce(links.linked_at <= clock.as_of, true)

)

select * from final
