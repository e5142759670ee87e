-- aprop_ctbl_acr with the movement that it posts. One row is one side.

with source as (

    select * from {{ source('raw_datasul', 'aprop_ctbl_acr') }}

),

movements as (

    select
        _key as movement_key,
        num_id_tit_acr,
        upper({{ blank_to_null('ind_trans_acr_abrev') }}) as native_type,
        case when {{ blank_to_null('log_ctbz_aprop_ctbl') }} is not null then {{ datasul_flag('log_ctbz_aprop_ctbl') }} end as is_accounted
    from {{ source('raw_datasul', 'movto_tit_acr') }}
    where _superseded_at is null

),

entries as (

    select
        {{ envelope('datasul', 'entry_key') }},
        cod_empresa as company_code,
        trim(cod_estab) as branch_code,
        case upper(trim(ind_natur_lancto_ctbl)) when 'DB' then 'debit' when 'CR' then 'credit' end as side,
        {{ blank_to_null('cod_cta_ctbl') }} as ledger_account,
        dat_transacao as posted_on,
        val_aprop_ctbl as amount,
        cast(nullif(num_lote_ctbl, 0) as varchar) as lot,
        cast(nullif(num_id_lancto, 0) as varchar) as document,
        cast(num_id_movto_tit_acr as varchar) as movement,
        {{ key_of_row(
            'movto_tit_acr', ['cod_estab', 'num_id_movto_tit_acr'], zero_is_none=true, given='num_id_movto_tit_acr'
        ) }} as movement_key
    from source

),

final as (

    select
        entries.*,
        movements.native_type,
        movements.is_accounted
    from entries
    left join movements on entries.movement_key = movements.movement_key

)

select * from final
