-- The notes of TMOV as the canonical fiscal document. The same letter of STATUS means different things in different groups; a
-- cancelled movement keeps its access key.

with notes as (

    select * from {{ ref('base_rm__notes') }}

),

stages as (

    select * from {{ ref('erp_document_stages') }}
    where system = 'rm'

),

-- a type of movement is the customer's own: which of them are services, the catalogue may say
species as (

    select * from {{ ref('erp_document_species') }}
    where system = 'rm'

),

partners as (

    select * from {{ ref('base_rm__partner_tax_ids') }}

),

final as (

    select
        {{ carried_envelope('notes') }},
        notes.company_code,
        notes.branch_code,
        notes.erp_document_key,
        notes.row_hash,
        notes.direction,
        -- an entry note on a form of our own is told by the issuer in its key
        case when notes.direction = 'outbound' then true end as is_own_form,
        coalesce(stages.is_cancelled, false) as is_cancelled,
        notes.partner_code,
        partners.tax_id as partner_tax_id,
        notes.access_key,
        {{ document_kind('notes.access_key') }},
        notes.document_number,
        notes.document_series,
        -- a letter that nobody told us of is shown as it came
        coalesce(stages.stage, notes.native_status) as stage,
        notes.amount,
        notes.issued_on,
        notes.posted_on,
        notes.native_amount
    from notes
    left join stages
        on
            notes.movement_group = stages.movement_group
            and notes.native_status = stages.status
    left join species on notes.species = species.species
    left join partners
        on
            notes.source = partners.source
            and notes.company_number = partners.company_number
            and notes.partner_company is not distinct from partners.partner_company
            and notes.partner_code = partners.partner_code

)

select * from final
