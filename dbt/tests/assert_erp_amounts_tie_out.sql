-- The live amounts of the mart are those of the ERP's live rows to the cent, source by source: nothing fell out on the way or came twice.
-- Only what the clock has not reached yet may be missing.

with clock as (

    select * from {{ ref('stg_settings__clock') }}

),

in_erp as (

    select
        intervals.source,
        count(distinct intervals.erp_document_key) as documents,
        sum(intervals.amount) as amount
    from {{ ref('int_erp_documents__intervals') }} as intervals
    cross join clock
    where
        not intervals.is_deleted
        and intervals.known_to = {{ forever() }}
        and intervals.valid_from <= clock.as_of
        and intervals.valid_to > clock.as_of
        -- of two live rows under one key the mart shows the later one, and the synchronisation says posted twice
        and not exists (
            select 1
            from {{ ref('int_erp_documents__intervals') }} as twin
            where
                twin.source = intervals.source
                and twin.erp_document_key = intervals.erp_document_key
                and not twin.is_deleted
                and twin.known_to = {{ forever() }}
                and twin.valid_from <= clock.as_of
                and twin.valid_to > clock.as_of
                and (twin.version, twin.row_id) > (intervals.version, intervals.row_id)
        )
    group by intervals.source

),

in_mart as (

    select
        source,
        count(*) as documents,
        sum(amount) as amount
    from {{ ref('erp_documents') }}
    where not is_deleted
    group by source

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
