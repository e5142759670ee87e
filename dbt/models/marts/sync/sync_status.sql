with current_sync as (

    select * from {{ ref('int_sync__current') }}

),

sources as (

    select * from {{ ref('stg_settings__sources') }}

),

branch_codes as (

    select * from {{ ref('int_branch_codes__resolved') }}

),

erp_documents as (

    select * from {{ ref('int_erp_documents__current') }}

),

known_in as (

    select distinct
        branch_codes.company_cnpj,
        branch_codes.source
    from branch_codes
    inner join sources on branch_codes.source = sources.source
    where sources.system in {{ erp_systems() }}

),

posted_in as (

    select
        company_cnpj,
        source
    from erp_documents
    group by company_cnpj, source

),

-- where a document that was never posted would have been posted: the one ERP that has documents of the branch, else that knows its code
homes as (

    select
        known_in.company_cnpj,
        case
            when count(distinct posted_in.source) = 1 then min(posted_in.source)
            when count(distinct known_in.source) = 1 then min(known_in.source)
        end as source
    from known_in
    left join posted_in on known_in.company_cnpj = posted_in.company_cnpj
    group by known_in.company_cnpj

),

final as (

    select
        current_sync.access_key,
        current_sync.company_cnpj,
        current_sync.role as company_role,
        current_sync.company,
        current_sync.model,
        coalesce(current_sync.source, homes.source) as source,
        coalesce(current_sync.posted_key, current_sync.proposed_key) as erp_document_key,
        current_sync.erp_stage,
        current_sync.sync_status,
        current_sync.cause,
        current_sync.causes,
        -- the original product knows NF-e of three ERPs, and postings from its activation on (S000-29 … S000-32)
        case
            when current_sync.model <> '55' or coalesce(sources.system, '') not in {{ arquivei_systems() }} then null
            when current_sync.is_synced and current_sync.posted_on >= current_sync.sync_activated_on then 'Sincronizado'
            else 'Não sincronizado'
        end as sync_status_as_arquivei,
        case when current_sync.is_synced then current_sync.status_since end as synced_since,
        case when not current_sync.is_synced then current_sync.status_since end as unsynced_since,
        current_sync.document_amount,
        current_sync.erp_amount,
        current_sync.amount_difference,
        current_sync.icms_difference,
        current_sync.ipi_difference,
        current_sync.sefaz_status,
        current_sync.issued_at,
        current_sync.issue_date,
        current_sync.posted_on,
        current_sync.is_expected
    from current_sync
    left join homes on current_sync.company_cnpj = homes.company_cnpj
    left join sources on coalesce(current_sync.source, homes.source) = sources.source

)

select * from final
