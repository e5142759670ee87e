-- A balance at a date is the title's amount less the principal of the settlements (no reversals) whose reversed_on does not lie at or
-- before that date: a cancellation leaves a row of its own (ES), or only a date on the row cancelled, or takes the row of SE5 away.

with events as (

    select * from {{ ref('base_protheus__title_events') }}

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
        {{ carried_envelope('measured') }},
        measured.movement_key,
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
