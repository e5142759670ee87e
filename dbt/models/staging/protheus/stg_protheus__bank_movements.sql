-- SE5 as the bank statement reads it, and the rows of FK5 that SE5 does not hold. `moves_balance` says nothing of cancellations: what was
-- cancelled in place counts until cancelled_on, and never where no date is told.

with movements as (

    select * from {{ ref('base_protheus__keyed_movements') }}

),

fk_only_movements as (

    select * from {{ ref('base_protheus__fk_only_movements') }}

),

fk_movements as (

    select * from {{ ref('base_protheus__fk_bank_movements') }}
    where superseded_at is null

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
    where alias = 'SA6'

),

accounts as (

    select * from {{ ref('base_protheus__bank_accounts') }}

),

-- a movement of FK5 is known by its id, what another table tells by the operation
reconciled as (

    select
        source,
        origin_id as event,
        max(reconciled_on) as reconciled_on
    from fk_movements
    group by source, origin_id

    union all

    select
        source,
        operation_key as event,
        max(reconciled_on) as reconciled_on
    from fk_movements
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

linked as (

    select
        movements.*,
        movements.movement_type in ('TR', 'TE') as is_transfer,
        transfer_money.source is not null or movements.money_kind = 'DO' or sources_with_money.source is null as is_transfer_money,
        discounted.source is not null and movements.movement_type = 'ES' as reverses_discounted,
        reconciled.reconciled_on
    from movements
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
            and case movements.origin_table when 'FK5' then movements.origin_id else movements.operation_key end = reconciled.event

),

together as (

    select
        {{ carried_envelope('linked') }},
        movement_key,
        own_branch,
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
        title_type,
        partner_code,
        cheque,
        document_number,
        history,
        transfer_id,
        is_cancelled,
        cancelled_on,
        is_reconciled,
        reconciled_on,
        is_accounted,
        routine,
        reverses_discounted
        or (is_transfer and coalesce(substr(document_number, 1, 1) = '*', false))
        or (is_transfer and not has_title and not is_transfer_money)
        -- a cheque that has no number is not drawn yet
        or (not is_transfer and cheque is null and money_kind in ('C1', 'C2', 'C3', 'C4', 'C5', 'CH')) as moves_nothing
    from linked

    union all

    select
        {{ carried_envelope('fk_only_movements') }},
        movement_key,
        own_branch,
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
        '' as title_type,
        null as partner_code,
        cheque,
        document_number,
        history,
        transfer_id,
        is_cancelled,
        reversed_on as cancelled_on,
        reconciled_on is not null as is_reconciled,
        reconciled_on,
        is_accounted,
        routine,
        reverses_cancelled as moves_nothing
    from fk_only_movements

),

placed as (

    select
        together.*,
        {{ protheus_bank_account_key('together', 'sharing', 'own_branch') }} as bank_account_key
    from together
    left join sharing on together.source = sharing.source
    where together.bank_code is not null

),

final as (

    select
        {{ carried_envelope('placed') }},
        placed.movement_key,
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
        coalesce(placed.document_number, placed.cheque) as document_number,
        placed.history,
        placed.transfer_id,
        placed.is_cancelled,
        case when placed.is_cancelled then placed.cancelled_on end as cancelled_on,
        placed.is_reconciled,
        placed.reconciled_on,
        not placed.moves_nothing
        and coalesce(placed.amount, 0) <> 0
        and not coalesce(substr(placed.cheque, 1, 1) = '*', false)
        and not exists (
            select 1
            from exclusions
            where
                exclusions.movement_type = placed.movement_type
                and coalesce(exclusions.title_type, placed.title_type) = placed.title_type
                and coalesce(exclusions.direction, placed.direction, '') = coalesce(placed.direction, '')
                and coalesce(exclusions.settlement_reason, placed.settlement_reason, '') = coalesce(placed.settlement_reason, '')
                and coalesce(exclusions.routine, placed.routine, '') = coalesce(placed.routine, '')
                and coalesce(exclusions.has_cheque, placed.cheque is not null) = (placed.cheque is not null)
        ) as moves_balance,
        placed.is_accounted,
        placed.routine,
        placed.amount as native_amount
    from placed
    left join accounts on placed.bank_account_key = accounts.bank_account_key

)

select * from final
