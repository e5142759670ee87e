-- Every (document, branch, role) of a published document that an ERP posts is one row of the synchronisation (S000-02).

with ours as (

    select
        parties.access_key,
        parties.tax_id as company_cnpj,
        parties.role as company_role
    from {{ ref('document_parties') }} as parties
    inner join {{ ref('int_branches__located') }} as branches on parties.tax_id = branches.company_cnpj
    inner join {{ ref('documents') }} as documents on parties.access_key = documents.access_key
    where
        parties.role in {{ synced_roles() }}
        and documents.model in {{ models_read() }}

)

select
    coalesce(ours.access_key, sync_status.access_key) as access_key,
    coalesce(ours.company_cnpj, sync_status.company_cnpj) as company_cnpj,
    coalesce(ours.company_role, sync_status.company_role) as company_role
from ours
full outer join {{ ref('sync_status') }} as sync_status
    on
        ours.access_key = sync_status.access_key
        and ours.company_cnpj = sync_status.company_cnpj
        and ours.company_role = sync_status.company_role
where ours.access_key is null or sync_status.access_key is null
