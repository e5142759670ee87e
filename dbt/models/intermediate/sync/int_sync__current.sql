-- One row per synchronisation row: its judgement at the as-of by all that is known, and since when its status is what it is.

with classified as (

    select * from {{ ref('int_sync__classified') }}

),

sync_keys as (

    select * from {{ ref('int_sync__keys') }}

),

dated as (

    select
        *,
        max(known_at) over (partition by sync_row) as latest_known_at
    from classified

),

marked as (

    select
        *,
        case
            when {{ differs('lag(sync_status) over in_world', 'sync_status') }} then valid_at
        end as status_began_at,
        row_number() over (partition by sync_row order by valid_at desc) as recency
    from dated
    where known_at = latest_known_at
    window in_world as (partition by sync_row order by valid_at)

),

present as (

    select
        *,
        max(status_began_at) over (partition by sync_row) as status_since
    from marked

),

final as (

    select
        present.* exclude (latest_known_at, status_began_at, recency),
        sync_keys.access_key,
        sync_keys.company_cnpj,
        sync_keys.company,
        sync_keys.model,
        sync_keys.issued_at,
        sync_keys.sefaz_status,
        sync_keys.sefaz_status_at
    from present
    inner join sync_keys on present.sync_row = sync_keys.sync_row
    where present.recency = 1

)

select * from final
