with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

parties as (

    select * from {{ ref('stg_fiscal_xml__parties') }}

),

-- the same entry may stand twice in one document
ranked as (

    select
        parties.access_key,
        parties.role,
        parties.party,
        parties.tax_id,
        parties.tax_id_type,
        case when parties.tax_id_type = 'CNPJ' then left(parties.tax_id, 8) end as company_root,
        parties.name,
        parties.state_registration,
        parties.uf,
        parties.municipality_code,
        row_number() over (partition by parties.access_key, parties.role, parties.tax_id order by parties.party) as preference
    from documents
    inner join parties
        on
            documents.content_sha256 = parties.content_sha256
            and documents.ordinal = parties.ordinal

),

final as (

    select
        access_key,
        role,
        party,
        tax_id,
        tax_id_type,
        company_root,
        name,
        state_registration,
        uf,
        municipality_code
    from ranked
    where preference = 1

)

select * from final
