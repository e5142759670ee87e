-- The live amounts of the mart are those of the ERP's live rows to the cent, source by source: nothing fell out on the way or came twice.
-- What the clock has not reached yet is left out on both sides; of two live rows under one key the mart shows the later one.

with clock as (

    select * from {{ ref('stg_settings__clock') }}

),

-- the version of each row that holds, before anything was linked or laid out in time
standing as (

    select
        identified.source,
        identified.erp_document_key,
        identified.amount,
        identified.is_deleted,
        identified.version,
        row_number() over (partition by identified.row_id order by identified.version_number desc) as recency
    from {{ ref('int_erp_documents__identified') }} as identified
    cross join clock
    where identified.valid_from <= clock.as_of

),

live as (

    select
        source,
        amount,
        row_number() over (partition by source, erp_document_key order by version desc) as recency
    from standing
    where
        recency = 1
        and not is_deleted

),

in_erp as (

    select
        source,
        count(*) as documents,
        sum(amount) as amount
    from live
    where recency = 1
    group by source

),

in_mart as (

    select
        erp_documents.source,
        count(*) as documents,
        sum(erp_documents.amount) as amount
    from {{ ref('erp_documents') }} as erp_documents
    where not erp_documents.is_deleted
    group by erp_documents.source

)

select
    coalesce(in_erp.source, in_mart.source) as source,
    in_erp.documents as documents_in_erp,
    in_mart.documents as documents_in_mart,
    in_erp.amount as amount_in_erp,
    in_mart.amount as amount_in_mart
from in_erp
full outer join in_mart on in_erp.source = in_mart.source
where
    coalesce(in_erp.documents, 0) <> coalesce(in_mart.documents, 0)
    or coalesce(in_erp.amount, 0) <> coalesce(in_mart.amount, 0)
