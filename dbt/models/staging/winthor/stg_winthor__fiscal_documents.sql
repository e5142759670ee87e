-- PCNFSAID and PCNFENT as the canonical fiscal document. Winthor has no stage before the posting: what stands there is lançada.

with outbound as (

    select * from {{ ref('base_winthor__outbound_documents') }}

),

inbound as (

    select * from {{ ref('base_winthor__inbound_documents') }}

),

partners as (

    select * from {{ ref('base_winthor__partners') }}

),

branches as (

    select * from {{ source('raw_winthor', 'pcfilial') }}
    where {{ is_standing() }}

),

all_species as (

    select * from {{ ref('erp_document_species') }}
    where system = 'winthor'

),

sefaz_statuses as (

    select * from {{ ref('sefaz_statuses') }}

),

documents as (

    select * from outbound
    union all
    select * from inbound

),

-- a freight document is told by its own key, any other by the key of the NF-e
keyed as (

    select
        documents.*,
        case
            when all_species.model in ('57', '67') then coalesce(documents.cte_key, documents.nfe_key)
            else coalesce(documents.nfe_key, documents.cte_key)
        end as access_key
    from documents
    left join all_species on documents.species = all_species.species

),

judged as (

    select
        keyed.*,
        keyed.cancelled_on is not null or coalesce(sefaz_statuses.status = 'cancelled', false) as is_cancelled,
        coalesce(keyed.sefaz_status is not null and coalesce(sefaz_statuses.status, '') not in ('authorised', 'cancelled'), false)
            as is_not_transmitted
    from keyed
    left join sefaz_statuses on keyed.sefaz_status = sefaz_statuses.c_stat

),

final as (

    select
        {{ carried_envelope('judged') }},
        judged.erp_document_key,
        judged.row_hash,
        judged.direction,
        judged.is_own_form,
        judged.is_cancelled,
        case when judged.is_cancelled then coalesce(judged.cancelled_on, judged.cancelled_at_sefaz_on) end as cancelled_on,
        judged.branch_code,
        coalesce(judged.branch_tax_id, {{ tax_id('branches.cgc') }}) as branch_tax_id,
        judged.partner_code,
        coalesce(judged.partner_tax_id, partners.tax_id) as partner_tax_id,
        judged.access_key,
        {{ document_kind('judged.access_key', 'species') }},
        judged.document_number,
        judged.document_series,
        'lancada' as stage,
        judged.is_disagreed,
        -- a cancelled row that was set to zero keeps what it was worth, never 0
        case
            when judged.is_cancelled then coalesce(nullif(judged.native_amount, 0), judged.amount_before_cancellation)
            else judged.native_amount
        end as amount,
        judged.native_amount,
        judged.icms_amount,
        judged.ipi_amount,
        judged.issued_on,
        judged.posted_on,
        judged.is_not_transmitted
    from judged
    left join partners
        on
            judged.source = partners.source
            and judged.partner_register = partners.register
            and judged.partner_code = partners.partner_code
    left join branches
        on
            judged.source = branches._source
            and judged.branch_code = branches.codigo
    -- the key goes before the species, which a company may use for several models
    left join all_species as species
        on
            judged.species = species.species
            and not coalesce({{ is_access_key('judged.access_key') }}, false)

)

select * from final
