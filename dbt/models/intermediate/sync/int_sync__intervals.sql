-- The cells of int_sync__classified as intervals: neighbours of one judgement in the world become one, then neighbours in knowledge.

with classified as (

    select
        sync_row,
        known_at,
        valid_at,
        sync_status,
        cause
    from {{ ref('int_sync__classified') }}

),

marked as (

    select
        *,
        case
            when
                lag(valid_at) over by_world is null
                or {{ differs('lag(sync_status) over by_world', 'sync_status') }}
                or {{ differs('lag(cause) over by_world', 'cause') }}
                then 1
            else 0
        end as is_change
    from classified
    window by_world as (partition by sync_row, known_at order by valid_at)

),

in_world as (

    select
        sync_row,
        known_at,
        sync_status,
        cause,
        valid_at as valid_from,
        coalesce(
            lead(valid_at) over (partition by sync_row, known_at order by valid_at), {{ forever() }}
        ) as valid_to
    from marked
    where is_change = 1

),

known_points as (

    select
        sync_row,
        known_at,
        row_number() over (partition by sync_row order by known_at) as known_number,
        coalesce(lead(known_at) over (partition by sync_row order by known_at), {{ forever() }}) as known_to
    from (
        select sync_row, known_at
        from classified
        group by sync_row, known_at
    )

),

islands as (

    select
        in_world.*,
        known_points.known_to,
        known_points.known_number - row_number() over (
            partition by
                in_world.sync_row, in_world.valid_from, in_world.valid_to, in_world.sync_status, in_world.cause
            order by known_points.known_number
        ) as island
    from in_world
    inner join known_points
        on
            in_world.sync_row = known_points.sync_row
            and in_world.known_at = known_points.known_at

),

final as (

    select
        sync_row,
        sync_status,
        cause,
        valid_from,
        valid_to,
        min(known_at) as known_from,
        max(known_to) as known_to
    from islands
    group by sync_row, sync_status, cause, valid_from, valid_to, island

)

select * from final
