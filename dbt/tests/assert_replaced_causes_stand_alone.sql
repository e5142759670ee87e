-- A cause that stands instead of another never stands beside it.

with replacements as (

    select
        pairs.cause,
        pairs.replaced
    from (
        values
        ('company_or_role_differs', 'missing_in_erp'),
        ('wrong_access_key', 'missing_in_erp'),
        ('queued_not_extracted', 'missing_in_erp'),
        ('deleted_in_erp', 'missing_in_erp'),
        ('cancelled_in_erp_authorised_at_sefaz', 'missing_in_erp'),
        ('posted_twice', 'amount_differs'),
        ('posted_twice', 'tax_differs'),
        ('posted_twice', 'company_or_role_differs')
    ) as pairs (cause, replaced)

)

select
    sync_status.access_key,
    sync_status.company_cnpj,
    sync_status.company_role,
    replacements.cause,
    replacements.replaced
from {{ ref('sync_status') }} as sync_status
inner join replacements
    on
        list_contains(sync_status.causes, replacements.cause)
        and list_contains(sync_status.causes, replacements.replaced)
