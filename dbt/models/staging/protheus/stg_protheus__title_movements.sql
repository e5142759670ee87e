-- FK1 and FK2, and of SE5 what they do not tell: rows from before the FK tables, and movements of the wallet.
-- A balance at a date is the title's amount less the principal of the settlements (no reversals) whose reversed_on does not lie at or
-- before that date: a cancellation leaves a row of its own (ES), or only a date on the row cancelled, or takes the row of SE5 away.

with settlements as (

    select * from {{ ref('base_protheus__settlements') }}

),

movements as (

    select * from {{ ref('base_protheus__movements') }}

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

sharing as (

    select * from {{ ref('base_protheus__table_sharing') }}

),

titles as (

    select
        source,
        title_key,
        max(currency) as currency,
        max(partner_code) as partner_code
    from {{ ref('base_protheus__titles') }}
    where superseded_at is null
    group by source, title_key

),

-- the row of SE5 that says the same as one of the FK tables
twins as (

    select
        movements.source,
        movements.origin_table,
        movements.origin_id,
        min(movements.available_on) as available_on,
        min(movements.recorded_on) as recorded_on,
        max(case when movements.bank_code is not null then movements.record_number end) as bank_record_number
    from movements
    left join types on movements.movement_type = types.movement_type
    where
        movements.superseded_at is null
        and not movements.is_deleted
        and movements.origin_id is not null
        and coalesce(types.kind, '') <> 'accessory'
    group by movements.source, movements.origin_table, movements.origin_id

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
        settlements.source,
        settlements.system,
        settlements.movement_key,
        settlements.row_id,
        settlements.version,
        settlements.changed_at,
        settlements.inserted_at,
        settlements.recorded_at,
        settlements.superseded_at,
        settlements.is_deleted,
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
        {{ protheus_record_key('settlements.source', "'SE5'", 'twins.bank_record_number') }} as bank_movement_key,
        coalesce(operations.operation_key, settlements.source || '|FKA|' || settlements.operation_id) as operation_key,
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

only_in_se5 as (

    select
        movements.*,
        types.kind,
        coalesce(types.is_settlement, false) as is_settlement,
        coalesce(types.is_reversal, false) as is_reversal,
        {{ protheus_title_key('movements', 'se1_sharing', 'SE1') }} as receivable_key,
        {{ protheus_title_key('movements', 'se2_sharing', 'SE2') }} as payable_key
    from movements
    left join types on movements.movement_type = types.movement_type
    left join sharing as se1_sharing
        on
            movements.source = se1_sharing.source
            and se1_sharing.alias = 'SE1'
    left join sharing as se2_sharing
        on
            movements.source = se2_sharing.source
            and se2_sharing.alias = 'SE2'
    left join told_by_fk
        on
            movements.source = told_by_fk.source
            and movements.origin_table = told_by_fk.origin_table
            and movements.origin_id = told_by_fk.origin_id
    where
        movements.has_title
        and told_by_fk.source is null

),

placed as (

    select
        only_in_se5.*,
        {{ protheus_title_side('only_in_se5', 'receivables', 'payables') }} as side
    from only_in_se5
    left join titles as receivables on only_in_se5.receivable_key = receivables.title_key
    left join titles as payables on only_in_se5.payable_key = payables.title_key

),

from_se5 as (

    select
        placed.source,
        placed.system,
        placed.movement_key,
        placed.row_id,
        placed.version,
        placed.changed_at,
        placed.inserted_at,
        placed.recorded_at,
        placed.superseded_at,
        placed.is_deleted,
        placed.branch_code,
        placed.record_number,
        case placed.side when 'receivable' then placed.receivable_key else placed.payable_key end as title_key,
        case placed.side when 'receivable' then placed.receivable_key else placed.payable_key end as title_reference,
        placed.side,
        -- TR on a title takes it into another wallet, without one it is a transfer between banks
        case when placed.movement_type = 'TR' then 'wallet_transfer' else coalesce(placed.kind, 'other') end as kind,
        placed.movement_type as native_type,
        placed.settlement_reason,
        placed.moved_on,
        placed.recorded_on,
        placed.available_on,
        placed.sequence,
        placed.document_number,
        placed.amount,
        placed.foreign_amount,
        placed.exchange_rate,
        coalesce(titles.currency, 'BRL') as currency,
        case when placed.is_settlement then placed.interest_amount else 0 end as interest_amount,
        case when placed.is_settlement then placed.penalty_amount else 0 end as penalty_amount,
        case when placed.is_settlement then placed.discount_amount else 0 end as discount_amount,
        0 as other_amount,
        placed.is_settlement or placed.movement_type = 'ES' as is_settlement,
        placed.is_reversal,
        placed.is_cancelled,
        placed.cancelled_on,
        placed.wallet,
        case when placed.bank_code is not null then placed.movement_key end as bank_movement_key,
        operations.operation_key,
        placed.is_accounted
    from placed
    left join titles
        on titles.title_key = case placed.side when 'receivable' then placed.receivable_key else placed.payable_key end
    left join operations
        on
            placed.source = operations.source
            and placed.origin_table = operations.origin_table
            and placed.origin_id = operations.origin_id

),

events as (

    select * from from_fk
    union all
    select * from from_se5

),

-- what was taken from the balance, in the title's currency: the value is net of discount and holds interest and penalty
measured as (

    select
        *,
        cast(
            case
                when not is_settlement then 0
                when currency = 'BRL' then amount - interest_amount - penalty_amount - other_amount + discount_amount
                else
                    coalesce(nullif(foreign_amount, 0), amount)
                    - (interest_amount + penalty_amount + other_amount - discount_amount) / coalesce(nullif(exchange_rate, 0), 1)
            end
            as decimal(18, 2)
        ) as own_principal
    from events

),

-- which settlement a reversal takes back: the last one before it under the title's sequence, of the same document where there are several
candidates as (

    select
        reversals.row_id as reversal_row_id,
        originals.row_id as original_row_id,
        reversals.moved_on as reversed_on,
        originals.own_principal,
        row_number() over (
            partition by reversals.row_id
            order by
                case when coalesce(originals.document_number, '') = coalesce(reversals.document_number, '') then 0 else 1 end,
                originals.record_number desc
        ) as preference
    from measured as reversals
    inner join measured as originals
        on
            reversals.source = originals.source
            and reversals.title_reference = originals.title_reference
            and reversals.sequence = originals.sequence
            and reversals.record_number > originals.record_number
    where
        reversals.is_reversal
        and reversals.is_settlement
        and reversals.superseded_at is null
        and not reversals.is_deleted
        and not originals.is_reversal
        and originals.is_settlement
        and originals.superseded_at is null

),

taken_back as (

    select
        original_row_id,
        min(reversed_on) as reversed_on
    from candidates
    where preference = 1
    group by original_row_id

),

final as (

    select
        measured.source,
        measured.system,
        measured.movement_key,
        measured.row_id,
        measured.version,
        measured.changed_at,
        measured.inserted_at,
        measured.recorded_at,
        measured.superseded_at,
        measured.is_deleted,
        measured.branch_code,
        measured.title_key,
        measured.side,
        measured.kind,
        measured.native_type,
        measured.settlement_reason,
        measured.moved_on,
        measured.recorded_on,
        measured.available_on,
        measured.sequence,
        measured.amount,
        case when measured.is_reversal then coalesce(candidates.own_principal, measured.own_principal) else measured.own_principal end
            as principal_amount,
        case
            when not measured.is_settlement then 0
            when measured.is_reversal then 1
            else -1
        end as balance_effect,
        measured.interest_amount,
        measured.penalty_amount,
        measured.discount_amount,
        measured.currency,
        measured.wallet,
        measured.bank_movement_key,
        measured.operation_key,
        measured.is_reversal,
        measured.is_cancelled or taken_back.reversed_on is not null as is_reversed,
        coalesce(taken_back.reversed_on, case when measured.is_cancelled then measured.cancelled_on end) as reversed_on,
        measured.is_accounted,
        measured.amount as native_amount
    from measured
    left join taken_back on measured.row_id = taken_back.original_row_id
    left join candidates
        on
            measured.row_id = candidates.reversal_row_id
            and candidates.preference = 1

)

select * from final
