-- movto_cta_corren. Amounts are unsigned, ENT and SAI tell the direction; what is not realised (NR) is a forecast and moves no balance.
-- Which of the registered accounts (portador) an account of movements (cta_corren) is, no table of the contract says: the key stays null.

with source as (

    select * from {{ source('raw_datasul', 'movto_cta_corren') }}

),

movements as (

    select
        {{ envelope('datasul', 'movement_key') }},
        {{ blank_to_null('cod_cta_corren') }} as account,
        coalesce(dat_movto_cta_corren, dat_transacao) as moved_on,
        coalesce(dat_transacao, dat_movto_cta_corren) as available_on,
        dat_ult_atualiz as recorded_on,
        val_movto_cta_corren as amount,
        case lower({{ blank_to_null('ind_fluxo_movto_cta_corren') }})
            when 'ent' then val_movto_cta_corren
            when 'sai' then -val_movto_cta_corren
        end as signed_amount,
        {{ datasul_currency('cod_indic_econ') }} as currency,
        {{ blank_to_null('cod_tip_trans_cx') }} as movement_type,
        {{ blank_to_null('cod_docto_movto_cta_bco') }} as document_number,
        {{ blank_to_null('des_histor_movto_cta_corren') }} as history,
        cast(nullif(num_id_movto_cta_transf, 0) as varchar) as transfer_id,
        case when {{ blank_to_null('log_concil_cta_corren') }} is not null then {{ datasul_flag('log_concil_cta_corren') }} end
            as is_reconciled,
        coalesce(lower({{ blank_to_null('ind_tip_movto_cta_corren') }}) <> 'nr', true) as moves_balance,
        case when {{ blank_to_null('log_ctbz_movto_cta_corren') }} is not null then {{ datasul_flag('log_ctbz_movto_cta_corren') }} end
            as is_accounted,
        {{ blank_to_null('cod_modul_dtsul') }} as routine,
        val_movto_cta_corren as native_amount
    from source

),

-- the titles that a movement settled; of several it names none
settling as (

    select
        {{ key_of_row('movto_cta_corren', ['num_id_movto_cta_corren'], zero_is_none=true) }} as movement_key,
        trim(cod_estab) as branch_code,
        {{ key_of_row('tit_acr', ['cod_estab', 'num_id_tit_acr'], zero_is_none=true, given='num_id_tit_acr') }} as title_key
    from {{ source('raw_datasul', 'movto_tit_acr') }}
    where {{ is_standing() }}

),

settlements as (

    select
        movement_key,
        min(branch_code) as branch_code,
        min(title_key) as title_key,
        count(distinct title_key) as titles
    from settling
    where movement_key is not null
    group by movement_key

),

final as (

    select
        movements.*,
        settlements.branch_code,
        case when settlements.titles = 1 then settlements.title_key end as title_key
    from movements
    left join settlements on movements.movement_key = settlements.movement_key

)

select * from final
