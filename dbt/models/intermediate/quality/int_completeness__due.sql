-- What a mart must show: each document that stands live in the store and that the clock has reached, once.
--
-- An ERP's rows of one key are one document, and so are the copies of one XML; homologação reaches no mart.

with clock as (

    select * from {{ ref('stg_settings__clock') }}

),

sources as (

    select * from {{ ref('stg_settings__sources') }}

),

unioned as (

    select documents.*
    from {{ ref('int_erp_documents__unioned') }} as documents
    left join sources on documents.source = sources.source
    where
        documents.superseded_at is null
        and not documents.is_deleted
        and {{ is_of_source_company('documents') }}

),

identified as (

    select * from {{ ref('int_erp_documents__identified') }}

),

documents as (

    select * from {{ ref('stg_fiscal_xml__documents') }}
    where environment is distinct from '2'

),

copies_in_use as (

    select * from {{ ref('int_fiscal_documents__deduplicated') }}

),

-- the version of each row that holds at the clock
begun as (

    select
        identified.source,
        identified.erp_document_key,
        identified.row_id,
        identified.version,
        identified.is_deleted,
        identified.amount,
        row_number() over (partition by identified.row_id order by identified.version_number desc) as recency
    from identified
    cross join clock
    where identified.valid_from <= clock.as_of

),

standing as (

    select
        source,
        erp_document_key,
        amount,
        row_number() over (
            partition by source, erp_document_key order by is_deleted, version desc, row_id
        ) as preference
    from begun
    where recency = 1

),

live_keys as (

    select
        source,
        erp_document_key,
        split_part(min(row_id), '|', 2) as stream,
        max(amount) as amount
    from unioned
    group by source, erp_document_key

),

-- a key of which nothing was laid out in time is due all the same: else what got lost there would not be missed
known_keys as (

    select
        source,
        erp_document_key
    from identified
    group by source, erp_document_key

),

final as (

    select
        live_keys.source,
        live_keys.stream,
        live_keys.erp_document_key as record_key,
        case when standing.source is null then live_keys.amount else standing.amount end as amount
    from live_keys
    left join standing
        on
            live_keys.source = standing.source
            and live_keys.erp_document_key = standing.erp_document_key
            and standing.preference = 1
    left join known_keys
        on
            live_keys.source = known_keys.source
            and live_keys.erp_document_key = known_keys.erp_document_key
    where
        standing.source is not null
        or known_keys.source is null

    union all

    -- copies may come from several sources: the document counts in one of them
    select
        min(documents.source) as source,
        'documents' as stream,
        documents.access_key as record_key,
        -- a copy that was altered may tell another amount
        coalesce(max(copies_in_use.total_amount), max(documents.total_amount)) as amount
    from documents
    cross join clock
    left join copies_in_use on documents.access_key = copies_in_use.access_key
    where coalesce(documents.issued_at <= clock.as_of, true)
    group by documents.access_key

)

select * from final
