-- FK1 and FK2, and of SE5 what they do not tell: rows from before the FK tables, and movements of the wallet.

with settlements as (

    select * from {{ ref('base_protheus__settlements') }}

),

movements as (

    select * from {{ ref('base_protheus__keyed_movements') }}

),

title_ids as (

    select * from {{ ref('base_protheus__title_ids') }}

),

accessory_values as (

    select * from {{ ref('base_protheus__accessory_values') }}

),

operations as (

    select * from {{ ref('base_protheus__operations') }}

),

types as (

    select * from {{ ref('protheus_movement_types') }}

),

-- the row of SE5 that says the same as one of the FK tables
twins as (

    select
        source,
        origin_table,
        origin_id,
        min(available_on) as available_on,
        min(recorded_on) as recorded_on,
        max(case when bank_code is not null then record_number end) as bank_record_number
    from movements
    where
        superseded_at is null
        and not is_deleted
        and origin_id is not null
        and coalesce(kind, '') <> 'accessory'
    group by source, origin_table, origin_id

),

told_by_fk as (

    select
        source,
        origin_table,
        origin_id
    from settlements
    where
        superseded_at is null
        and origin_id is not null
    group by source, origin_table, origin_id

),

from_fk as (

    select
        {{ carried_envelope('settlements') }},
        settlements.movement_key,
        settlements.branch_code,
        settlements.record_number,
        title_ids.title_key,
        coalesce(title_ids.title_key, settlements.title_id) as title_reference,
        settlements.side,
        coalesce(types.kind, 'settlement') as kind,
        settlements.movement_type as native_type,
        settlements.settlement_reason,
        settlements.moved_on,
        coalesce(settlements.recorded_on, twins.recorded_on, settlements.moved_on) as recorded_on,
        coalesce(settlements.available_on, twins.available_on, settlements.moved_on) as available_on,
        settlements.sequence,
        settlements.document_number,
        settlements.amount,
        settlements.foreign_amount,
        settlements.exchange_rate,
        settlements.currency,
        coalesce(accessory_values.interest_amount, 0) as interest_amount,
        coalesce(accessory_values.penalty_amount, 0) as penalty_amount,
        coalesce(accessory_values.discount_amount, 0) as discount_amount,
        coalesce(accessory_values.other_amount, 0) as other_amount,
        settlements.counts as is_settlement,
        coalesce(types.is_reversal, false) as is_reversal,
        false as is_cancelled,
        cast(null as date) as cancelled_on,
        settlements.wallet,
        {{ key_of_row('SE5', ['twins.bank_record_number'], source='settlements.source') }} as bank_movement_key,
        coalesce(
            operations.operation_key, {{ key_of_row('FKA', ['settlements.operation_id'], source='settlements.source') }}
        ) as operation_key,
        settlements.is_accounted
    from settlements
    left join types on settlements.movement_type = types.movement_type
    left join title_ids
        on
            settlements.source = title_ids.source
            and settlements.title_id = title_ids.title_id
    left join accessory_values
        on
            settlements.source = accessory_values.source
            and settlements.origin_table = accessory_values.origin_table
            and settlements.origin_id = accessory_values.origin_id
    left join operations
        on
            settlements.source = operations.source
            and settlements.origin_table = operations.origin_table
            and settlements.origin_id = operations.origin_id
    left join twins
        on
            settlements.source = twins.source
            and settlements.origin_table = twins.origin_table
            and settlements.origin_id = twins.origin_id

),

from_se5 as (

    select
        {{ carried_envelope('movements') }},
        movements.movement_key,
        movements.branch_code,
        movements.record_number,
        movements.title_key,
        movements.title_key as title_reference,
        movements.side,
        -- TR on a title takes it into another wallet, without one it is a transfer between banks
        case when movements.movement_type = 'TR' then 'wallet_transfer' else coalesce(movements.kind, 'other') end as kind,
        movements.movement_type as native_type,
        movements.settlement_reason,
        movements.moved_on,
        movements.recorded_on,
        movements.available_on,
        movements.sequence,
        movements.document_number,
        movements.amount,
        movements.foreign_amount,
        movements.exchange_rate,
        coalesce(movements.title_currency, 'BRL') as currency,
        case when movements.is_settlement then movements.interest_amount else 0 end as interest_amount,
        case when movements.is_settlement then movements.penalty_amount else 0 end as penalty_amount,
        case when movements.is_settlement then movements.discount_amount else 0 end as discount_amount,
        0 as other_amount,
        movements.is_settlement or movements.movement_type = 'ES' as is_settlement,
        movements.is_reversal,
        movements.is_cancelled,
        movements.cancelled_on,
        movements.wallet,
        case when movements.bank_code is not null then movements.movement_key end as bank_movement_key,
        movements.operation_key,
        movements.is_accounted
    from movements
    left join told_by_fk
        on
            movements.source = told_by_fk.source
            and movements.origin_table = told_by_fk.origin_table
            and movements.origin_id = told_by_fk.origin_id
    where
        movements.has_title
        and told_by_fk.source is null

),

final as (

    select * from from_fk
    union all
    select * from from_se5

)

select * from final
