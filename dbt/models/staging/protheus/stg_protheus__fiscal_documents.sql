-- SF1 and SF2 as the canonical fiscal document, with the partner's tax id from SA1 or SA2 (D and B documents look in the other register).

with inbound as (

    select * from {{ ref('base_protheus__inbound_documents') }}

),

outbound as (

    select * from {{ ref('base_protheus__outbound_documents') }}

),

statuses as (

    select * from {{ ref('erp_document_stages') }}
    where system = 'protheus'

),

species as (

    select * from {{ ref('erp_document_species') }}
    where system = 'protheus'

),

partners as (

    select * from {{ ref('base_protheus__named_partners') }}

),

documents as (

    select * from inbound
    union all
    select * from outbound

),

final as (

    select
        {{ carried_envelope('documents') }},
        documents.erp_document_key,
        documents.row_hash,
        documents.direction,
        coalesce(documents.is_own_form, false) as is_own_form,
        false as is_cancelled,
        documents.branch_code,
        documents.partner_code,
        partners.tax_id as partner_tax_id,
        documents.access_key,
        {{ document_kind('documents.access_key') }},
        documents.document_number,
        documents.document_series,
        case
            when documents.native_status is null then 'lancada'
            else coalesce(statuses.stage, documents.native_status)
        end as stage,
        coalesce(statuses.is_disagreed, false) as is_disagreed,
        documents.amount,
        documents.amount as native_amount,
        documents.icms_amount,
        documents.ipi_amount,
        documents.issued_on,
        documents.posted_on,
        -- without a key, our own document cannot have an XML before it was transmitted and authorised (F2_FIMP, F1_FIMP)
        coalesce(documents.transmission_status <> 'S', false) as is_not_transmitted
    from documents
    left join partners
        on
            documents.source = partners.source
            and documents.branch_code = partners.branch_code
            and documents.partner_register = partners.partner_register
            and documents.partner_code = partners.partner_code
            and documents.partner_store = partners.partner_store
    left join species on documents.species = species.species
    left join statuses
        on documents.native_status = coalesce(statuses.status, '')

)

select * from final
