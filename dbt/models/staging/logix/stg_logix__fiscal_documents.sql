-- fat_nf_mestre and nf_sup as the canonical fiscal document, with the partner's tax id from the registers and the key from where
-- Logix keeps it.

with inbound as (

    select * from {{ ref('base_logix__inbound_documents') }}

),

outbound as (

    select * from {{ ref('base_logix__outbound_documents') }}

),

access_keys as (

    select * from {{ ref('base_logix__access_keys') }}

),

taxes as (

    select
        source,
        branch_code,
        document_id,
        max(case when tax = 'ICMS' then tax_amount end) as icms_amount,
        max(case when tax = 'IPI' then tax_amount end) as ipi_amount
    from {{ ref('base_logix__document_taxes') }}
    group by source, branch_code, document_id

),

statuses as (

    select * from {{ ref('erp_document_stages') }}
    where system = 'logix'

),

species as (

    select * from {{ ref('erp_document_species') }}
    where system = 'logix'

),

partners as (

    select * from {{ ref('base_logix__partners') }}

),

documents as (

    select * from inbound
    union all
    select * from outbound

),

keyed as (

    select
        documents.*,
        upper(coalesce({{ blank_to_null('documents.own_access_key') }}, nullif(access_keys.access_key, ''))) as access_key
    from documents
    left join access_keys
        on
            documents.source = access_keys.source
            and documents.direction = access_keys.direction
            and documents.branch_code = access_keys.branch_code
            and documents.document_id = access_keys.document_id

),

-- the model of the header goes before what its species is known for
kinds as (

    select
        keyed.*,
        -- where not one document has a key, none was left out: the company keeps them elsewhere, whatever columns came
        count(keyed.access_key) over (partition by keyed.source, keyed.direction) = 0 as is_keyless,
        coalesce(keyed.electronic_model, species.model) as model,
        case
            when keyed.electronic_model is not null then keyed.electronic_model in {{ models_read() }}
            else species.expects_xml
        end as expects_xml
    from keyed
    left join species on keyed.species = species.species

),

final as (

    select
        {{ carried_envelope('kinds') }},
        kinds.erp_document_key,
        kinds.row_hash,
        kinds.direction,
        kinds.is_own_form,
        kinds.is_cancelled,
        kinds.cancelled_at,
        kinds.branch_code,
        kinds.partner_code,
        partners.tax_id as partner_tax_id,
        kinds.access_key,
        kinds.is_keyless,
        {{ document_kind('kinds.access_key', species='kinds') }},
        kinds.document_number,
        kinds.document_series,
        case
            when kinds.native_status is null then 'lancada'
            else coalesce(statuses.stage, kinds.native_status)
        end as stage,
        coalesce(statuses.is_disagreed, false) as is_disagreed,
        kinds.amount,
        kinds.amount as native_amount,
        coalesce(kinds.icms_amount, taxes.icms_amount) as icms_amount,
        coalesce(kinds.ipi_amount, taxes.ipi_amount) as ipi_amount,
        kinds.issued_on,
        kinds.posted_on
    from kinds
    left join partners
        on
            kinds.source = partners.source
            and kinds.partner_code = partners.partner_code
            and {{ logix_answers('partners', 'kinds.wanted_register') }}
    left join taxes
        on
            kinds.direction = 'outbound'
            and kinds.source = taxes.source
            and kinds.branch_code = taxes.branch_code
            and kinds.document_id = taxes.document_id
    left join statuses
        on kinds.native_status = coalesce(statuses.status, '')

)

select * from final
