-- docum-est and nota-fiscal as the canonical fiscal document, with the partner's tax id from emitente.
--
-- The species (esp-docto) names a movement of stock, and 21 stands for paper as for an NF-e: only the access key tells the fiscal
-- model, a CT-e taken among them. A document without a key is of an unknown kind.

with inbound as (

    select * from {{ ref('base_datasul__inbound_documents') }}

),

outbound as (

    select * from {{ ref('base_datasul__outbound_documents') }}

),

partners as (

    select * from {{ ref('base_datasul__partners') }}

),

branches as (

    select
        _source as source,
        trim("cod-estabel") as branch_code,
        {{ tax_id('cgc') }} as tax_id
    from {{ source('raw_datasul', 'estabelec') }}
    where {{ is_standing() }}

),

-- no row so far: one that says of its own species that there is no XML behind it adds it to the catalogue
species as (

    select * from {{ ref('erp_document_species') }}
    where system = 'datasul'

),

stages as (

    select
        status,
        stage
    from {{ ref('erp_document_stages') }}
    where system = 'datasul'

),

situations as (

    select * from {{ ref('datasul_nfe_situations') }}

),

documents as (

    select * from inbound
    union all
    select * from outbound

),

identified as (

    select
        documents.*,
        {{ document_kind('documents.access_key') }},
        documents.direction = 'outbound'
        or coalesce({{ access_key_issuer('documents.access_key') }} = branches.tax_id, false) as is_issued_here
    from documents
    left join branches
        on
            documents.source = branches.source
            and documents.branch_code = branches.branch_code
    left join species on documents.species = species.species

),

final as (

    select
        {{ carried_envelope('identified') }},
        identified.erp_document_key,
        identified.row_hash,
        identified.direction,
        -- an entry note on a form of our own is told by the issuer in its key
        case when identified.direction = 'outbound' then true end as is_own_form,
        -- on a supplier's document the situation is the supplier's, and the posting stands
        identified.cancelled_on is not null
        or (identified.is_issued_here and coalesce(situations.is_cancelled, false)) as is_cancelled,
        identified.cancelled_on,
        identified.branch_code,
        partners.partner_code,
        partners.tax_id as partner_tax_id,
        identified.access_key,
        identified.model,
        identified.expects_xml,
        identified.has_no_xml,
        identified.document_number,
        identified.document_series,
        case when identified.is_updated is null then 'lancada' else stages.stage end as stage,
        identified.amount,
        identified.amount as native_amount,
        identified.issued_on,
        identified.posted_on,
        identified.is_issued_here and coalesce(situations.is_not_transmitted, false) as is_not_transmitted
    from identified
    left join partners
        on
            identified.source = partners.source
            and identified.partner_number = partners.partner_number
    left join stages on stages.status = case when identified.is_updated then 'yes' else 'no' end
    left join situations on cast(identified.situation as varchar) = situations.situation

)

select * from final
