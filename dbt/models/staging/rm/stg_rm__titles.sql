-- Receivables and payables (FLAN). A letter in STATUSLAN comes from a customer's own replica and is shown as it came: whether the
-- title is open is then unknown.

with titles as (

    select * from {{ ref('base_rm__titles') }}

),

partners as (

    select * from {{ ref('base_rm__partner_tax_ids') }}

),

final as (

    select
        {{ carried_envelope('titles') }},
        titles.company_code,
        titles.branch_code,
        titles.title_key,
        titles.side,
        titles.title_type,
        case when titles.is_grouped then 'grouped' else coalesce(titles.title_kind, titles.native_status) end as title_kind,
        case when titles.is_grouped then 0 else 1 end as sign,
        titles.erp_document_key,
        titles.partner_code,
        partners.tax_id as partner_tax_id,
        titles.title_number,
        titles.instalment,
        titles.issued_on,
        titles.issued_on as recorded_on,
        titles.due_on,
        titles.effective_due_on,
        'BRL' as currency,
        titles.amount,
        titles.amount as amount_brl,
        case
            when titles.is_grouped or not titles.is_open then cast(0 as decimal(18, 2))
            when titles.is_open then cast(titles.due_amount - titles.settled_amount as decimal(18, 2))
        end as open_amount,
        -- of a title that is settled in part the day is that of the last part
        case when not titles.is_open and not titles.is_cancelled then titles.last_settled_on end as settled_on,
        titles.is_cancelled,
        case when titles.is_grouped then false else titles.is_open end as is_open,
        titles.holder_account,
        titles.wallet,
        titles.origin,
        titles.amount as native_amount
    from titles
    left join partners
        on
            titles.source = partners.source
            and titles.company_number = partners.company_number
            and titles.partner_company is not distinct from partners.partner_company
            and titles.partner_code = partners.partner_code

)

select * from final
