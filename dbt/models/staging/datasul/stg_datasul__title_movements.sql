-- movto_tit_acr with what val_movto_tit_acr says of it. A movement has its amounts once in every economic purpose: without the choice
-- of one they are multiplied.

with source as (

    select * from {{ source('raw_datasul', 'movto_tit_acr') }}

),

amounts as (

    select
        _source as source,
        cod_estab,
        num_id_movto_tit_acr,
        sum(val_liquidac_tit_acr) as settled_amount,
        sum(val_juros) as interest_amount,
        sum(val_multa_tit_acr) as penalty_amount,
        sum(val_desconto) as discount_amount
    from {{ source('raw_datasul', 'val_movto_tit_acr') }}
    where {{ is_standing() }} and {{ without_accents('cod_finalid_econ') }} = 'corrente'
    group by _source, cod_estab, num_id_movto_tit_acr

),

renegotiations as (

    select
        _source as source,
        cod_estab,
        cod_refer,
        min(_key) as operation_key
    from {{ source('raw_datasul', 'renegoc_acr') }}
    where {{ is_standing() }} and {{ blank_to_null('cod_refer') }} is not null
    group by _source, cod_estab, cod_refer

),

titles as (

    select
        _key as title_key,
        {{ datasul_currency('cod_indic_econ') }} as currency
    from {{ source('raw_datasul', 'tit_acr') }}
    where _superseded_at is null

),

movement_types as (

    select * from {{ ref('datasul_title_movements') }}

),

movements as (

    select
        {{ envelope('datasul', 'movement_key') }},
        cod_empresa as company_code,
        cod_estab,
        num_id_movto_tit_acr,
        cod_refer,
        {{ key_of_row('tit_acr', ['cod_estab', 'num_id_tit_acr'], zero_is_none=true, given='num_id_tit_acr') }} as title_key,
        upper({{ blank_to_null('ind_trans_acr_abrev') }}) as native_type,
        dat_transacao,
        dat_gerac_movto,
        val_movto_tit_acr,
        cod_cart_bcia,
        {{ key_of_row('movto_cta_corren', ['num_id_movto_cta_corren'], zero_is_none=true) }} as bank_movement_key,
        {{ datasul_flag('log_movto_estordo') }} as is_reversed,
        {{ datasul_flag('log_liquidac_contra_antecip') }} as is_against_advance,
        case when {{ blank_to_null('log_ctbz_aprop_ctbl') }} is not null then {{ datasul_flag('log_ctbz_aprop_ctbl') }} end as is_accounted
    from source

),

final as (

    select
        {{ carried_envelope('movements') }},
        movements.movement_key,
        movements.company_code,
        trim(movements.cod_estab) as branch_code,
        movements.title_key,
        'receivable' as side,
        -- what an advance pays brings no money: the advance did
        case
            when movements.is_against_advance and movement_types.kind = 'settlement' then 'compensation'
            else coalesce(movement_types.kind, movements.native_type)
        end as kind,
        movements.native_type,
        movements.dat_transacao as moved_on,
        movements.dat_gerac_movto as recorded_on,
        cast(movements.num_id_movto_tit_acr as varchar) as sequence,
        movements.val_movto_tit_acr as amount,
        cast(coalesce(nullif(amounts.settled_amount, 0), movements.val_movto_tit_acr) as decimal(18, 2)) as principal_amount,
        movement_types.balance_effect,
        cast(amounts.interest_amount as decimal(18, 2)) as interest_amount,
        cast(amounts.penalty_amount as decimal(18, 2)) as penalty_amount,
        cast(amounts.discount_amount as decimal(18, 2)) as discount_amount,
        titles.currency,
        {{ blank_to_null('movements.cod_cart_bcia') }} as wallet,
        case
            when coalesce(movement_types.is_cash, true) and not movements.is_against_advance then movements.bank_movement_key
        end as bank_movement_key,
        renegotiations.operation_key,
        coalesce(movement_types.kind = 'reversal', false) as is_reversal,
        movements.is_reversed,
        movements.is_accounted,
        movements.val_movto_tit_acr as native_amount
    from movements
    left join amounts
        on
            movements.source = amounts.source
            and movements.cod_estab = amounts.cod_estab
            and movements.num_id_movto_tit_acr = amounts.num_id_movto_tit_acr
    left join renegotiations
        on
            movements.source = renegotiations.source
            and movements.cod_estab = renegotiations.cod_estab
            and movements.cod_refer = renegotiations.cod_refer
    left join titles on movements.title_key = titles.title_key
    left join movement_types on movements.native_type = movement_types.native_type

)

select * from final
