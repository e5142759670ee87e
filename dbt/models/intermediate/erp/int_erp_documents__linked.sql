-- Which fiscal document each version of an ERP document is: by its access key, else by number where no key leads anywhere.
--
-- A key is believed when its document is here and the ERP's number does not contradict it. Where the key is blank, leads nowhere, or
-- belongs to another number, the document of the same issuer, model, series and number is proposed instead (S000-40). Where the ERP
-- delivers no keys at all (is_keyless) that document is not proposed but is the one: nobody could have written its key.

with versions as (

    select * from {{ ref('int_erp_documents__identified') }}

),

documents as (

    select * from {{ ref('int_fiscal_documents__deduplicated') }}

),

parties as (

    select * from {{ ref('int_sync__keys') }}

),

keyed as (

    select
        versions.*,
        versions.direction = 'outbound' or versions.is_own_form as is_issued,
        documents.access_key is not null as has_document,
        coalesce(documents.number = versions.number, true) as is_number_of_key
    from versions
    left join documents on versions.access_key = documents.access_key

),

-- the few whose key is blank, unknown or contradicted
seeking as (

    select
        row_id,
        version_number,
        company_cnpj,
        partner_tax_id,
        is_keyless,
        is_issued,
        case when is_issued then company_cnpj else partner_tax_id end as issuer_id,
        model,
        series,
        number,
        amount,
        issued_on
    from keyed
    where
        number is not null
        and company_cnpj is not null
        and not has_no_xml
        and not (has_document and is_number_of_key)

),

of_same_issuer as (

    select
        seeking.row_id,
        seeking.version_number,
        documents.access_key as linked_key,
        1 as nearness
    from seeking
    inner join documents
        on
            seeking.number = documents.number
            and seeking.issuer_id = documents.issuer_id
            and coalesce(seeking.series, documents.series) = documents.series
            and coalesce(seeking.model, documents.model) = documents.model
    where
        -- of an unknown kind of document the number alone is thin: a service invoice counts on its own
        seeking.model is not null
        or seeking.amount = documents.total_amount
        -- without keys nothing else can come, and two documents of one issuer, number, series and day are one
        or (seeking.is_keyless and seeking.issued_on = documents.issue_date)

),

-- the partner is unknown in the ERP, or another one: number, series and date or amount, and the company must be a party
of_number_only as (

    select
        seeking.row_id,
        seeking.version_number,
        documents.access_key as linked_key,
        2 as nearness
    from seeking
    inner join documents
        on
            seeking.number = documents.number
            and seeking.series = documents.series
            and seeking.model = documents.model
    inner join parties
        on
            documents.access_key = parties.access_key
            and seeking.company_cnpj = parties.company_cnpj
            and seeking.is_issued = (parties.role = 'issuer')
            and parties.is_expected
    where
        (seeking.amount = documents.total_amount and seeking.issued_on = documents.issue_date)
        or (
            seeking.partner_tax_id is null
            and (seeking.amount = documents.total_amount or seeking.issued_on = documents.issue_date)
        )

),

candidates as (

    select * from of_same_issuer
    union all
    select * from of_number_only

),

ranked as (

    select
        candidates.row_id,
        candidates.version_number,
        candidates.linked_key,
        candidates.nearness,
        row_number() over (
            partition by candidates.row_id, candidates.version_number
            order by
                candidates.nearness,
                abs(date_diff('day', documents.issue_date, seeking.issued_on)),
                abs(documents.total_amount - seeking.amount),
                candidates.linked_key
        ) as preference
    from candidates
    inner join seeking
        on
            candidates.row_id = seeking.row_id
            and candidates.version_number = seeking.version_number
    inner join documents on candidates.linked_key = documents.access_key

),

final as (

    select
        keyed.* exclude (has_document, is_number_of_key),
        case
            when ranked.linked_key is not null then ranked.linked_key
            when keyed.has_document then keyed.access_key
        end as linked_key,
        case
            when ranked.linked_key is not null and {{ differs('ranked.linked_key', 'keyed.access_key') }} then 'number'
            when keyed.has_document then 'access_key'
            else 'none'
        end as matched_by,
        case
            when ranked.linked_key is not null and {{ differs('ranked.linked_key', 'keyed.access_key') }}
                then keyed.is_keyless and ranked.nearness = 1
            else keyed.has_document
        end as is_sure
    from keyed
    left join ranked
        on
            keyed.row_id = ranked.row_id
            and keyed.version_number = ranked.version_number
            and ranked.preference = 1

)

select * from final
