with intervals as (

    select * from {{ ref('int_sync__intervals') }}

),

sync_keys as (

    select * from {{ ref('int_sync__keys') }}

),

final as (

    select
        sync_keys.access_key,
        sync_keys.company_cnpj,
        sync_keys.role as company_role,
        intervals.sync_status,
        intervals.cause,
        intervals.valid_from,
        nullif(intervals.valid_to, {{ forever() }}) as valid_to,
        intervals.known_from,
        nullif(intervals.known_to, {{ forever() }}) as known_to
    from intervals
    inner join sync_keys on intervals.sync_row = sync_keys.sync_row

)

select * from final
