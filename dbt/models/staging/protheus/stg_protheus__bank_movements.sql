-- SE5 as the bank statement reads it, and the rows of FK5 that SE5 does not hold. `moves_balance` says nothing of cancellations: what was
-- cancelled in place counts until cancelled_on, and never where no date is told.

with movements as (

    select * from {{ ref('base_protheus__movements') }}

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

types as (

    select * from {{ ref('protheus_movement_types') }}

),

exclusions as (

    select * from {{ ref('protheus_statement_exclusions') }}

),

-- the kinds of money that a transfer may be made in
transfer_money as (

    select
        source,
        code
    from {{ ref('base_protheus__generic_codes') }}
    where code_table = '14'

),

sources_with_money as (

    select source from transfer_money
    group by source

),

sharing as (

    select * from {{ ref('base_protheus__table_sharing') }}

),

titles as (

    select
        source,
        title_key,
        max(partner_code) as partner_code
    from {{ ref('base_protheus__titles') }}
    where superseded_at is null
    group by source, title_key

),

accounts as (

    select * from {{ ref('base_protheus__bank_accounts') }}

),

-- FK5 and SE5 of one event: by the id, or through the operation that made them both
told_operations as (

    select
        operations.source,
        operations.operation_key
    from movements
    inner join operations
        on
            movements.source = operations.source
            and movements.origin_table = operations.origin_table
            and movements.origin_id = operations.origin_id
    where movements.superseded_at is null
    group by operations.source, operations.operation_key

),

told_ids as (

    select
        source,
        origin_id
    from movements
    where
        superseded_at is null
        and origin_id is not null
    group by source, origin_id

),

fk_linked as (

    select
        fk_movements.*,
        operations.operation_key,
        told_ids.source is not null or told_operations.source is not null as is_told_by_se5
    from fk_movements
    left join operations
        on
            fk_movements.source = operations.source
            and operations.origin_table = 'FK5'
            and fk_movements.origin_id = operations.origin_id
    left join told_ids
        on
            fk_movements.source = told_ids.source
            and fk_movements.origin_id = told_ids.origin_id
    left join told_operations on operations.operation_key = told_operations.operation_key

),

-- a settlement of SE5 that is cancelled in place or deleted leaves its ES in FK5 alone
fk_settlements as (

    select
        source,
        title_id,
        sequence,
        max(case when is_told_by_se5 then 1 else 0 end) = 1 as is_told_by_se5,
        max(case when is_cancelled then 1 else 0 end) = 1 as is_cancelled,
        min(case when movement_type = 'ES' then moved_on end) as reversed_on
    from fk_linked
    where
        superseded_at is null
        and title_id is not null
    group by source, title_id, sequence

),

reconciled as (

    select
        source,
        origin_id,
        max(reconciled_on) as reconciled_on
    from fk_linked
    where superseded_at is null
    group by source, origin_id

),

reconciled_operations as (

    select
        source,
        operation_key,
        max(reconciled_on) as reconciled_on
    from fk_linked
    where
        superseded_at is null
        and operation_key is not null
    group by source, operation_key

),

-- settlements of a discounted wallet: their money came with the transfer, so what takes them back takes no money either
discounted as (

    select
        source,
        own_branch,
        title_prefix,
        title_number,
        instalment,
        title_type,
        partner_code,
        partner_store,
        sequence
    from movements
    where
        movement_type = 'V2'
        and superseded_at is null
        and not is_deleted
    group by source, own_branch, title_prefix, title_number, instalment, title_type, partner_code, partner_store, sequence

),

from_se5 as (

    select
        movements.*,
        {{ protheus_title_key('movements', 'se1_sharing', 'SE1') }} as receivable_key,
        {{ protheus_title_key('movements', 'se2_sharing', 'SE2') }} as payable_key,
        types.kind,
        coalesce(types.is_reversal, false) as is_reversal,
        movements.movement_type in ('TR', 'TE') as is_transfer,
        discounted.source is not null and movements.movement_type = 'ES' as reverses_discounted,
        transfer_money.source is not null or movements.money_kind = 'DO' or sources_with_money.source is null as is_transfer_money,
        coalesce(reconciled.reconciled_on, reconciled_operations.reconciled_on) as reconciled_on
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
    left join discounted
        on
            movements.source = discounted.source
            and movements.own_branch = discounted.own_branch
            and movements.title_prefix = discounted.title_prefix
            and movements.title_number = discounted.title_number
            and movements.instalment = discounted.instalment
            and movements.title_type = discounted.title_type
            and movements.partner_code = discounted.partner_code
            and movements.partner_store = discounted.partner_store
            and movements.sequence = discounted.sequence
    left join transfer_money
        on
            movements.source = transfer_money.source
            and movements.money_kind = transfer_money.code
    left join sources_with_money on movements.source = sources_with_money.source
    left join reconciled
        on
            movements.source = reconciled.source
            -- as part of the key: a condition on one side alone would have every pair of rows compared
            and case when movements.origin_table = 'FK5' then movements.origin_id end = reconciled.origin_id
    left join operations
        on
            movements.source = operations.source
            and movements.origin_table = operations.origin_table
            and case when movements.origin_table <> 'FK5' then movements.origin_id end = operations.origin_id
    left join reconciled_operations on operations.operation_key = reconciled_operations.operation_key
    where movements.bank_code is not null

),

judged as (

    select
        movements.*,
        coalesce(movements.amount, 0) <> 0
        and not movements.reverses_discounted
        and not coalesce(substr(movements.cheque, 1, 1) = '*', false)
        and not (movements.is_transfer and coalesce(substr(movements.document_number, 1, 1) = '*', false))
        -- a cheque that has no number is not drawn yet
        and not (
            movements.money_kind in ('C1', 'C2', 'C3', 'C4', 'C5', 'CH') and movements.cheque is null and not movements.is_transfer
        )
        and not (movements.is_transfer and not movements.has_title and not movements.is_transfer_money)
        and not exists (
            select 1
            from exclusions
            where
                exclusions.movement_type = movements.movement_type
                and coalesce(exclusions.title_type, movements.title_type) = movements.title_type
                and coalesce(exclusions.direction, movements.direction, '') = coalesce(movements.direction, '')
                and coalesce(exclusions.settlement_reason, movements.settlement_reason, '') = coalesce(movements.settlement_reason, '')
                and coalesce(exclusions.routine, movements.routine, '') = coalesce(movements.routine, '')
                and coalesce(exclusions.has_cheque, movements.cheque is not null) = (movements.cheque is not null)
        ) as moves_balance,
        case
            when not movements.has_title then null
            when {{ protheus_title_side('movements', 'receivables', 'payables') }} = 'receivable' then movements.receivable_key
            else movements.payable_key
        end as title_key
    from from_se5 as movements
    left join titles as receivables on movements.receivable_key = receivables.title_key
    left join titles as payables on movements.payable_key = payables.title_key

),

from_fk5 as (

    select
        fk_linked.*,
        title_ids.title_key,
        fk_settlements.reversed_on,
        coalesce(fk_linked.amount, 0) <> 0
        and not coalesce(substr(fk_linked.cheque, 1, 1) = '*', false)
        and not (fk_linked.movement_type = 'ES' and coalesce(fk_settlements.is_cancelled, false))
        and not exists (
            select 1
            from exclusions
            where
                exclusions.movement_type = fk_linked.movement_type
                and exclusions.title_type is null
                and exclusions.settlement_reason is null
                and coalesce(exclusions.direction, fk_linked.direction, '') = coalesce(fk_linked.direction, '')
                and coalesce(exclusions.routine, fk_linked.routine, '') = coalesce(fk_linked.routine, '')
                and coalesce(exclusions.has_cheque, fk_linked.cheque is not null) = (fk_linked.cheque is not null)
        ) as moves_balance
    from fk_linked
    left join title_ids
        on
            fk_linked.source = title_ids.source
            and fk_linked.title_id = title_ids.title_id
    left join fk_settlements
        on
            fk_linked.source = fk_settlements.source
            and fk_linked.title_id = fk_settlements.title_id
            and fk_linked.sequence = fk_settlements.sequence
    where
        not fk_linked.is_told_by_se5
        and not (fk_linked.movement_type = 'ES' and coalesce(fk_settlements.is_told_by_se5, false))
        and fk_linked.bank_code is not null

),

together as (

    select
        source,
        system,
        movement_key,
        row_id,
        version,
        changed_at,
        inserted_at,
        recorded_at,
        superseded_at,
        is_deleted,
        own_branch,
        origin_branch,
        branch_code,
        bank_code,
        agency,
        account,
        moved_on,
        available_on,
        recorded_on,
        amount,
        direction,
        movement_type,
        settlement_reason,
        title_key,
        partner_code,
        coalesce(document_number, cheque) as document_number,
        history,
        transfer_id,
        is_cancelled,
        cancelled_on,
        is_reconciled,
        reconciled_on,
        moves_balance,
        is_accounted,
        routine
    from judged

    union all

    select
        source,
        system,
        movement_key,
        row_id,
        version,
        changed_at,
        inserted_at,
        recorded_at,
        superseded_at,
        is_deleted,
        own_branch,
        origin_branch,
        branch_code,
        bank_code,
        agency,
        account,
        moved_on,
        available_on,
        moved_on as recorded_on,
        amount,
        direction,
        movement_type,
        null as settlement_reason,
        title_key,
        null as partner_code,
        coalesce(document_number, cheque) as document_number,
        history,
        transfer_id,
        is_cancelled,
        case when is_cancelled then reversed_on end as cancelled_on,
        reconciled_on is not null as is_reconciled,
        reconciled_on,
        moves_balance,
        is_accounted,
        routine
    from from_fk5

),

placed as (

    select
        together.*,
        together.source || '|SA6|' || {{ protheus_branch_in('sharing', 'together.own_branch', 'together.own_branch') }}
        || '|' || together.bank_code || '|' || together.agency || '|' || together.account as bank_account_key
    from together
    left join sharing
        on
            together.source = sharing.source
            and sharing.alias = 'SA6'

),

final as (

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
        placed.bank_account_key,
        placed.bank_code,
        placed.agency,
        placed.account,
        placed.moved_on,
        placed.available_on,
        placed.recorded_on,
        placed.amount,
        case placed.direction when 'P' then -placed.amount else placed.amount end as signed_amount,
        coalesce(accounts.currency, 'BRL') as currency,
        placed.movement_type,
        placed.settlement_reason,
        placed.title_key,
        nullif(placed.partner_code, '') as partner_code,
        placed.document_number,
        placed.history,
        placed.transfer_id,
        placed.is_cancelled,
        case when placed.is_cancelled then placed.cancelled_on end as cancelled_on,
        placed.is_reconciled,
        placed.reconciled_on,
        placed.moves_balance,
        placed.is_accounted,
        placed.routine,
        placed.amount as native_amount
    from placed
    left join accounts on placed.bank_account_key = accounts.bank_account_key

)

select * from final
