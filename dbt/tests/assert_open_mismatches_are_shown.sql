-- Every open mismatch of the synchronisation stands as a cause on the row that it is about.

select
    mismatches.mismatch_id,
    mismatches.cause,
    mismatches.entity_key
from {{ ref('mismatches') }} as mismatches
where
    mismatches.mart = 'sync_status'
    and mismatches.resolved_at is null
    and not exists (
        select 1
        from {{ ref('sync_status') }} as sync_status
        where
            sync_status.access_key = mismatches.entity_key
            and sync_status.company_cnpj = mismatches.company_cnpj
            and list_contains(sync_status.causes, mismatches.cause)
    )
