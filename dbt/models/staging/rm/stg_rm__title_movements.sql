-- The settlements of financial entries (FLANBAIXA): one entry has many, and FLAN itself only knows the last day. What a credit note or
-- an advance paid brings no money.

with source as (

    select * from {{ source('raw_rm', 'flanbaixa') }}

),

titles as (

    select
        title_key,
        side,
        branch_code
    from {{ ref('base_rm__titles') }}
    where superseded_at is null

),

movements as (

    select
        {{ envelope('rm', 'movement_key') }},
        cast(codcoligada as varchar) as company_code,
        {{ key_of_row('FLAN', ['codcoligada', 'idlan'], zero_is_none=true, given='idlan') }} as title_key,
        cast(idbaixa as varchar) as sequence,
        databaixa as moved_on,
        valorbaixa as amount,
        coalesce(valornotacreditoadiantamento, 0) as credit_amount,
        {{ key_of_row('FXCX', ['codcoligada', 'idxcx'], zero_is_none=true, given='idxcx') }} as bank_movement_key
    from source

),

final as (

    select
        {{ carried_envelope('movements') }},
        movements.company_code,
        titles.branch_code,
        movements.movement_key,
        movements.title_key,
        titles.side,
        case
            when movements.credit_amount <> 0 and movements.credit_amount >= movements.amount then 'compensation'
            else 'settlement'
        end as kind,
        movements.moved_on,
        movements.moved_on as recorded_on,
        movements.sequence,
        movements.amount,
        movements.amount as principal_amount,
        -1 as balance_effect,
        'BRL' as currency,
        movements.bank_movement_key,
        false as is_reversal,
        movements.amount as native_amount
    from movements
    left join titles on movements.title_key = titles.title_key

)

select * from final
