-- docum_pgto. What a payment takes from the title's balance is the principal with discount and abatement; interest and fine are paid
-- on top. A negative payment gives back.

with source as (

    select * from {{ source('raw_logix', 'docum_pgto') }}

),

summed as (

    select
        *,
        coalesce(val_pago, 0) + coalesce(val_desc_conc, 0) + coalesce(val_abat, 0) as taken_amount
    from source

),

final as (

    select
        {{ envelope('logix', 'movement_key') }},
        cod_empresa as branch_code,
        {{ key_of_row('docum', ['cod_empresa', 'num_docum', 'ies_tip_docum']) }} as title_key,
        'receivable' as side,
        case when taken_amount < 0 then 'reversal' else 'settlement' end as kind,
        {{ blank_to_null('ies_tip_pgto') }} as native_type,
        {{ blank_to_null('ies_forma_pgto') }} as settlement_reason,
        dat_pgto as moved_on,
        dat_lanc as recorded_on,
        dat_credito as available_on,
        cast(num_seq_docum as varchar) as sequence,
        cast(abs(val_pago) as decimal(18, 2)) as amount,
        cast(abs(taken_amount) as decimal(18, 2)) as principal_amount,
        case when taken_amount < 0 then 1 else -1 end as balance_effect,
        cast(abs(val_juro_pago) as decimal(18, 2)) as interest_amount,
        cast(abs(val_multa_paga) as decimal(18, 2)) as penalty_amount,
        cast(abs(coalesce(val_desc_conc, 0) + coalesce(val_abat, 0)) as decimal(18, 2)) as discount_amount,
        'BRL' as currency,
        {{ blank_to_null('ies_tip_portador') }} as wallet,
        taken_amount < 0 as is_reversal,
        num_lote_lanc_cont > 0 as is_accounted,
        val_pago as native_amount
    from summed

)

select * from final
