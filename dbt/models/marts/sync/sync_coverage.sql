with sync_status as (

    select * from {{ ref('sync_status') }}
    -- what is not to be posted, or not yet in scope, says nothing about coverage
    where
        is_expected
        and not list_contains(causes, 'out_of_scope')
        and (sync_status = 'Sincronizado' or sefaz_status not in ('cancelled', 'denied'))

),

final as (

    select
        company,
        cast(date_trunc('month', issue_date) as date) as month,
        model,
        count(*) as documents,
        count(*) filter (where sync_status = 'Sincronizado') as synced,
        cast(count(*) filter (where sync_status = 'Sincronizado') * 1.0 / count(*) as decimal(9, 6)) as coverage
    from sync_status
    group by all

)

select * from final
