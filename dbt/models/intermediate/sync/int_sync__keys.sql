-- One row per (document, branch CNPJ of ours, role of that CNPJ): the grain of the synchronisation.

with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}
    -- a manifest of freight and a valuables guide are posted by nobody
    where model in {{ models_read() }}

),

parties as (

    select * from {{ ref('stg_fiscal_xml__parties') }}

),

branches as (

    select * from {{ ref('int_branches__located') }}

),

items as (

    select
        content_sha256,
        ordinal,
        count(*) as item_count
    from {{ ref('stg_fiscal_xml__items') }}
    group by content_sha256, ordinal

),

ours as (

    select
        parties.content_sha256,
        parties.ordinal,
        parties.role,
        branches.company_cnpj,
        branches.company,
        branches.sync_activated_on
    from parties
    inner join branches on parties.tax_id = branches.company_cnpj
    where parties.role in {{ synced_roles() }}
    group by all

),

joined as (

    select
        documents.access_key,
        ours.company_cnpj,
        ours.role,
        ours.company,
        ours.sync_activated_on,
        documents.model,
        coalesce(documents.issued_at, documents.known_from) as issued_at,
        coalesce(documents.issue_date, cast(documents.known_from as date)) as issue_date,
        documents.total_amount,
        -- a tax that the layout leaves out is none
        coalesce(documents.icms_amount, 0) as icms_amount,
        coalesce(documents.ipi_amount, 0) as ipi_amount,
        coalesce(items.item_count, 1) as item_count,
        documents.known_from,
        documents.sefaz_status,
        documents.sefaz_status_at,
        case
            when documents.model in ('57', '67') then ours.role in ('issuer', 'taker')
            else ours.role in ('issuer', 'recipient')
        end as is_expected
    from documents
    inner join ours
        on
            documents.content_sha256 = ours.content_sha256
            and documents.ordinal = ours.ordinal
    left join items
        on
            documents.content_sha256 = items.content_sha256
            and documents.ordinal = items.ordinal

),

final as (

    select
        *,
        -- a number to join and group by, several times cheaper than three texts; it means nothing outside this build
        row_number() over () as sync_row,
        -- a note from a branch to itself is posted once or twice, out and in
        count(case when is_expected then role end) over (partition by access_key, company_cnpj) > 1 as is_own_counterpart
    from joined

)

select * from final
