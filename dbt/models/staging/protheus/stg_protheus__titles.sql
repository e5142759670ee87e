-- SE1 and SE2 as canonical titles. A title without a settlement, a wallet or a holder keeps blanks, which are nulls here.

with titles as (

    select * from {{ ref('base_protheus__titles') }}

),

types as (

    select
        title_type,
        title_kind,
        sign
    from {{ ref('erp_title_types') }}
    where system = 'protheus'

),

deletions as (

    select * from {{ ref('base_protheus__deleted_titles') }}

),

partners as (

    select * from {{ ref('base_protheus__named_partners') }}

),

documents as (

    select * from {{ ref('base_protheus__inbound_documents') }}
    where superseded_at is null
    union all
    select * from {{ ref('base_protheus__outbound_documents') }}
    where superseded_at is null

),

-- the titles that a document makes: a return makes a credit note in the other register
billed as (

    select
        source,
        erp_document_key,
        case partner_register when 'customer' then 'receivable' else 'payable' end as side,
        case
            when direction = 'outbound' and partner_register = 'customer' then 'NF'
            when direction = 'inbound' and partner_register = 'customer' then 'NCC'
            when direction = 'inbound' then 'NF'
            else 'NDF'
        end as title_type,
        branch_code,
        partner_code,
        partner_store,
        title_prefix,
        title_number,
        document_number,
        document_series
    from documents

),

by_duplicate as (

    select
        source,
        side,
        title_type,
        branch_code,
        partner_code,
        partner_store,
        title_prefix,
        title_number,
        min(erp_document_key) as erp_document_key
    from billed
    where title_number is not null
    group by source, side, title_type, branch_code, partner_code, partner_store, title_prefix, title_number
    having count(distinct erp_document_key) = 1

),

by_note as (

    select
        source,
        side,
        title_type,
        branch_code,
        partner_code,
        partner_store,
        document_number,
        document_series,
        min(erp_document_key) as erp_document_key
    from billed
    group by source, side, title_type, branch_code, partner_code, partner_store, document_number, document_series
    having count(distinct erp_document_key) = 1

),

typed as (

    select
        titles.*,
        case
            when types.title_kind is not null then types.title_kind
            when substr(titles.title_type, 3, 1) = '-' then 'abatement'
            else 'ordinary'
        end as title_kind,
        case
            when types.sign is not null then types.sign
            when substr(titles.title_type, 3, 1) = '-' then -1
            else 1
        end as sign
    from titles
    left join types on titles.title_type = types.title_type

),

-- E1_TITPAI is the parent's key without its branch at widths that differ by installation: blanks say nothing
spelled as (

    select
        source,
        side,
        own_branch,
        replace(title_prefix || title_number || instalment || title_type || partner_code || partner_store, ' ', '') as spelling,
        min(title_key) as title_key
    from typed
    where superseded_at is null
    group by source, side, own_branch, spelling
    having count(distinct title_key) = 1

),

-- an abatement that names no parent lowers the one title that has its number
abated as (

    select
        source,
        side,
        own_branch,
        title_prefix,
        title_number,
        instalment,
        partner_code,
        partner_store,
        min(title_key) as title_key
    from typed
    where
        superseded_at is null
        and title_kind = 'ordinary'
    group by source, side, own_branch, title_prefix, title_number, instalment, partner_code, partner_store
    having count(distinct title_key) = 1

),

final as (

    select
        {{ carried_envelope('titles') }},
        titles.title_key,
        titles.branch_code,
        titles.side,
        titles.title_type,
        titles.title_kind,
        titles.sign,
        coalesce(spelled.title_key, abated.title_key) as parent_title_key,
        coalesce(by_duplicate.erp_document_key, by_note.erp_document_key) as erp_document_key,
        titles.partner_code,
        titles.partner_store,
        partners.tax_id as partner_tax_id,
        titles.title_prefix,
        titles.title_number,
        titles.instalment,
        titles.issued_on,
        titles.recorded_on,
        titles.due_on,
        titles.effective_due_on,
        titles.original_due_on,
        titles.currency,
        titles.exchange_rate,
        titles.amount,
        titles.amount_brl,
        -- what is left of additions and deductions on a settled title is nothing
        cast(case when titles.balance = 0 then 0 else titles.balance + titles.open_extras end as decimal(18, 2)) as open_amount,
        titles.settled_on,
        titles.is_deleted and deletions.record_number is not null as is_cancelled,
        case when titles.is_deleted then deletions.deleted_on end as cancelled_on,
        not titles.is_deleted and titles.balance <> 0 as is_open,
        titles.holder_bank,
        titles.holder_agency,
        titles.holder_account,
        titles.wallet,
        titles.order_number,
        titles.origin,
        titles.is_accounted,
        titles.amount as native_amount
    from typed as titles
    left join deletions
        on
            titles.source = deletions.source
            and titles.alias = deletions.alias
            and titles.record_number = deletions.record_number
    left join partners
        on
            titles.source = partners.source
            and titles.origin_branch = partners.branch_code
            and titles.partner_code = partners.partner_code
            and titles.partner_store = partners.partner_store
            and partners.partner_register = case titles.side when 'receivable' then 'customer' else 'supplier' end
    left join spelled
        on
            titles.source = spelled.source
            and titles.side = spelled.side
            and titles.own_branch = spelled.own_branch
            and replace(replace(titles.parent_text, ' ', ''), '|', '') = spelled.spelling
            and titles.title_key <> spelled.title_key
    left join abated
        on
            titles.source = abated.source
            and titles.side = abated.side
            and titles.own_branch = abated.own_branch
            and titles.title_prefix = abated.title_prefix
            -- as part of the key: a condition on one side alone would have every pair of rows compared
            and case when titles.title_kind = 'abatement' then titles.title_number end = abated.title_number
            and titles.instalment = abated.instalment
            and titles.partner_code = abated.partner_code
            and titles.partner_store = abated.partner_store
    left join by_duplicate
        on
            titles.source = by_duplicate.source
            and titles.side = by_duplicate.side
            and titles.title_type = by_duplicate.title_type
            and titles.origin_branch = by_duplicate.branch_code
            and titles.partner_code = by_duplicate.partner_code
            and titles.partner_store = by_duplicate.partner_store
            and titles.title_prefix = by_duplicate.title_prefix
            and titles.title_number = by_duplicate.title_number
    left join by_note
        on
            titles.source = by_note.source
            and titles.side = by_note.side
            and titles.title_type = by_note.title_type
            and titles.origin_branch = by_note.branch_code
            and titles.partner_code = by_note.partner_code
            and titles.partner_store = by_note.partner_store
            and titles.note_number = by_note.document_number
            and titles.note_series = by_note.document_series

)

select * from final
