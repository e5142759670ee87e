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

    select * from {{ ref('base_protheus__partners') }}

),

sharing as (

    select
        source,
        case alias when 'SA1' then 'customer' else 'supplier' end as register,
        sharing_mode,
        company_length,
        unit_length,
        branch_length
    from {{ ref('base_protheus__table_sharing') }}
    where
        alias in ('SA1', 'SA2')
        and is_inferred is not true

),

documents as (

    select * from inbound
    union all
    select * from outbound

),

-- who the partner of a (branch, register, code, store) is, worked out once and not per version
partner_uses as (

    select
        source,
        branch_code,
        partner_register,
        partner_code,
        partner_store
    from documents
    group by source, branch_code, partner_register, partner_code, partner_store

),

ranked_partners as (

    select
        partner_uses.source,
        partner_uses.branch_code,
        partner_uses.partner_register,
        partner_uses.partner_code,
        partner_uses.partner_store,
        partners.tax_id,
        row_number() over (
            partition by
                partner_uses.source, partner_uses.branch_code, partner_uses.partner_register,
                partner_uses.partner_code, partner_uses.partner_store
            order by partners.branch_code desc, partners.row_id
        ) as preference
    from partner_uses
    inner join partners
        on
            partner_uses.source = partners.source
            and partner_uses.partner_register = partners.register
            and partner_uses.partner_code = partners.partner_code
            and partner_uses.partner_store = partners.partner_store
    left join sharing
        on
            partner_uses.source = sharing.source
            and partner_uses.partner_register = sharing.register
    where
        case
            -- without the dictionary: the branch's own row, else the shared one
            when sharing.register is null then partners.branch_code in ('', partner_uses.branch_code)
            else partners.branch_code = {{ protheus_shared_branch('partner_uses.branch_code', 'sharing') }}
        end

),

final as (

    select
        documents.source,
        documents.system,
        documents.erp_document_key,
        documents.row_id,
        documents.version,
        documents.changed_at,
        documents.inserted_at,
        documents.recorded_at,
        documents.superseded_at,
        documents.is_deleted,
        documents.row_hash,
        documents.direction,
        coalesce(documents.is_own_form, false) as is_own_form,
        false as is_cancelled,
        documents.branch_code,
        documents.partner_code,
        ranked_partners.tax_id as partner_tax_id,
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
    left join ranked_partners
        on
            documents.source = ranked_partners.source
            and documents.branch_code = ranked_partners.branch_code
            and documents.partner_register = ranked_partners.partner_register
            and documents.partner_code = ranked_partners.partner_code
            and documents.partner_store = ranked_partners.partner_store
            and ranked_partners.preference = 1
    left join species on documents.species = species.species
    left join statuses
        on documents.native_status = coalesce(statuses.status, '')

)

select * from final
