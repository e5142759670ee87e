-- What SEFAZ said of a document, as facts with their times: authorised, denied, cancelled, substituted, closed (MDF-e),
-- void (its number, of a document that was never authorised).
-- The status is derived from these in any order of arrival; it is never a column of the document.

with told as (

    select * from {{ ref('int_fiscal_documents__status_told') }}

),

substitutions as (

    select * from {{ ref('int_fiscal_documents__substitutions') }}

),

documents as (

    select * from {{ ref('int_fiscal_documents__deduplicated') }}

),

voided as (

    select * from {{ ref('int_fiscal_numbers__voided') }}

),

of_void_number as (

    select
        documents.access_key,
        voided.voided_at as valid_from,
        greatest(voided.known_from, documents.known_from) as known_from
    from voided
    inner join documents
        on
            {{ in_voided_range(
                issuer_id='documents.issuer_id',
                model='documents.model',
                series='documents.series',
                number='documents.number',
                year="date_part('year', documents.issue_date)",
            ) }}

),

-- a number that SEFAZ has used cannot be void: whoever says so means another one
used as (

    select
        told.access_key,
        min(told.known_from) as known_from
    from told
    inner join of_void_number on told.access_key = of_void_number.access_key
    where told.status in ('authorised', 'denied', 'cancelled')
    group by told.access_key

),

final as (

    select
        access_key,
        status,
        valid_from,
        valid_to,
        known_from,
        known_to
    from told
    where status <> 'substituted'

    union all

    select
        access_key,
        'substituted' as status,
        valid_from,
        valid_to,
        known_from,
        known_to
    from substitutions

    union all

    select
        of_void_number.access_key,
        'void' as status,
        of_void_number.valid_from,
        {{ forever() }} as valid_to,
        of_void_number.known_from,
        coalesce(used.known_from, {{ forever() }}) as known_to
    from of_void_number
    left join used on of_void_number.access_key = used.access_key

)

select * from final
where known_from < known_to
