-- What FK5 tells and SE5 does not. FK5 and SE5 of one event meet by the id, or through the operation that made them both.

with movements as (

    select * from {{ ref('base_protheus__movements') }}
    where superseded_at is null

),

fk_movements as (

    select * from {{ ref('base_protheus__fk_bank_movements') }}

),

operations as (

    select * from {{ ref('base_protheus__operations') }}

),

title_ids as (

    select * from {{ ref('base_protheus__title_ids') }}

),

told_ids as (

    select
        source,
        origin_id
    from movements
    where origin_id is not null
    group by source, origin_id

),

told_operations as (

    select operations.operation_key
    from movements
    inner join operations
        on
            movements.source = operations.source
            and movements.origin_table = operations.origin_table
            and movements.origin_id = operations.origin_id
    group by operations.operation_key

),

linked as (

    select
        fk_movements.*,
        told_ids.source is not null or told_operations.operation_key is not null as is_told_by_se5
    from fk_movements
    left join told_ids
        on
            fk_movements.source = told_ids.source
            and fk_movements.origin_id = told_ids.origin_id
    left join told_operations on fk_movements.operation_key = told_operations.operation_key

),

-- a settlement of SE5 that is cancelled in place or deleted leaves its ES in FK5 alone
settlements as (

    select
        source,
        title_id,
        sequence,
        bool_or(is_told_by_se5) as is_told_by_se5,
        bool_or(is_cancelled) as is_cancelled,
        min(case when movement_type = 'ES' then moved_on end) as reversed_on
    from linked
    where
        superseded_at is null
        and title_id is not null
    group by source, title_id, sequence

),

final as (

    select
        linked.*,
        title_ids.title_key,
        settlements.reversed_on,
        linked.movement_type = 'ES' and coalesce(settlements.is_cancelled, false) as reverses_cancelled
    from linked
    left join title_ids
        on
            linked.source = title_ids.source
            and linked.title_id = title_ids.title_id
    left join settlements
        on
            linked.source = settlements.source
            and linked.title_id = settlements.title_id
            and linked.sequence = settlements.sequence
    where
        not linked.is_told_by_se5
        and not (linked.movement_type = 'ES' and coalesce(settlements.is_told_by_se5, false))

)

select * from final
