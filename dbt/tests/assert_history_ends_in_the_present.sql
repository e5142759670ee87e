-- The interval of the history that is open in both times says what sync_status says.

select
    sync_status.access_key,
    sync_status.company_cnpj,
    sync_status.company_role
from {{ ref('sync_status') }} as sync_status
left join {{ ref('sync_status_history') }} as history
    on
        sync_status.access_key = history.access_key
        and sync_status.company_cnpj = history.company_cnpj
        and sync_status.company_role = history.company_role
        and history.valid_to is null
        and history.known_to is null
where
    history.access_key is null
    or history.sync_status <> sync_status.sync_status
    or coalesce(history.cause, '') <> coalesce(sync_status.cause, '')
