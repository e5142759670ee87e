-- One row per fiscal document of an ERP as it stands at the as-of by all that is known; a deleted one stays, marked.

with intervals as (

    select * from {{ ref('int_erp_documents__intervals') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

standing as (

    select
        intervals.*,
        -- a live row and deleted rows of one key are one document: the live one speaks
        row_number() over (
            partition by intervals.source, intervals.erp_document_key
            order by intervals.is_deleted, intervals.version desc, intervals.row_id
        ) as preference
    from intervals
    cross join clock
    where
        intervals.known_to = {{ forever() }}
        and intervals.valid_from <= clock.as_of
        and intervals.valid_to > clock.as_of

),

final as (

    select * exclude (preference)
    from standing
    where preference = 1

)

select * from final
