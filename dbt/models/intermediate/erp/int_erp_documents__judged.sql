-- ERP documents with the causes that concern them: those of their synchronisation row, or their own where no XML stands behind them.

with documents as (

    select * from {{ ref('int_erp_documents__current') }}

),

postings as (

    select * from {{ ref('int_sync__postings') }}

),

current_sync as (

    select * from {{ ref('int_sync__current') }}

),

voided as (

    select * from {{ ref('int_fiscal_numbers__voided') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

-- a number that its issuer had declared void, for the year of the key, else of the issue: no XML can stand behind it
void_numbers as (

    select
        documents.source,
        documents.erp_document_key
    from documents
    inner join voided
        on
            {{ in_voided_range(
                issuer_id='case when documents.is_issued then documents.company_cnpj else documents.partner_tax_id end',
                model='documents.model',
                series='documents.series',
                number='documents.number',
                year="case
                    when documents.has_access_key then 2000 + cast(substr(documents.access_key, 3, 2) as integer)
                    else date_part('year', coalesce(documents.issued_on, documents.posted_on))
                end",
            ) }}
    cross join clock
    where voided.voided_at <= clock.as_of
    group by documents.source, documents.erp_document_key

),

answers as (

    select
        postings.source,
        postings.erp_document_key,
        current_sync.causes,
        row_number() over (
            partition by postings.source, postings.erp_document_key
            order by
                current_sync.is_expected desc,
                (current_sync.cause is not null) desc,
                current_sync.role,
                current_sync.company_cnpj,
                current_sync.access_key
        ) as preference
    from postings
    inner join documents
        on
            postings.source = documents.source
            and postings.erp_document_key = documents.erp_document_key
            and postings.linked_key = documents.linked_key
    inner join current_sync on postings.sync_row = current_sync.sync_row

),

found as (

    select
        documents.*,
        {{ compact_list([
            "case when documents.linked_key is null and not documents.is_deleted and documents.company_cnpj is not null
                and void_numbers.source is not null then 'denied_or_void_number' end",
            "case when documents.linked_key is not null and answers.causes is null and not documents.is_deleted
                then 'company_or_role_differs' end",
            "case when documents.linked_key is null and not documents.is_deleted and documents.expects_xml
                and (
                    documents.company_cnpj is null
                    or documents.sync_activated_on is null
                    or documents.posted_on < documents.sync_activated_on
                ) then 'out_of_scope' end",
            "case when documents.linked_key is null and not documents.is_deleted and documents.expects_xml
                and documents.company_cnpj is not null
                and coalesce(documents.posted_on >= documents.sync_activated_on, documents.sync_activated_on is not null)
                and void_numbers.source is null
                and not (documents.is_issued and documents.is_not_transmitted and not coalesce(documents.has_access_key, false))
                then 'erp_without_xml' end",
        ]) }} as own_causes,
        case
            when documents.is_deleted
                then list_filter(
                    answers.causes, cause -> cause in ('deleted_in_erp', 'cancelled_in_erp_authorised_at_sefaz')
                )
            else answers.causes
        end as answered_causes
    from documents
    left join answers
        on
            documents.source = answers.source
            and documents.erp_document_key = answers.erp_document_key
            and answers.preference = 1
    left join void_numbers
        on
            documents.source = void_numbers.source
            and documents.erp_document_key = void_numbers.erp_document_key

),

final as (

    select
        * exclude (own_causes, answered_causes),
        coalesce(answered_causes, own_causes) as causes,
        coalesce(answered_causes, own_causes)[1] as cause,
        own_causes
    from found

)

select * from final
