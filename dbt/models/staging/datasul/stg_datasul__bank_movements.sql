-- movto_cta_corren. Amounts are unsigned, ENT and SAI tell the direction; what is not realised (NR) is a forecast and moves no balance.

with source as (

    select * from {{ source('raw_datasul', 'movto_cta_corren') }}

),

movements as (

    select
        {{ envelope('datasul', 'movement_key') }},
        {{ blank_to_null('cod_cta_corren') }} as account,
        case when {{ blank_to_null('cod_cta_corren') }} is not null then concat_ws('|', _source, 'cta_corren', cod_cta_corren) end
            as bank_account_key,
        coalesce(dat_movto_cta_corren, dat_transacao) as moved_on,
        coalesce(dat_transacao, dat_movto_cta_corren) as available_on,
        dat_ult_atualiz as recorded_on,
        val_movto_cta_corren as amount,
        case lower({{ blank_to_null('ind_fluxo_movto_cta_corren') }})
            when 'ent' then val_movto_cta_corren
            when 'sai' then -val_movto_cta_corren
        end as signed_amount,
        {{ blank_to_null('cod_indic_econ') }} as currency,
        {{ blank_to_null('cod_tip_trans_cx') }} as movement_type,
        {{ blank_to_null('cod_docto_movto_cta_bco') }} as document_number,
        {{ blank_to_null('des_histor_movto_cta_corren') }} as history,
        cast(nullif(num_id_movto_cta_transf, 0) as varchar) as transfer_id,
        case when {{ blank_to_null('log_concil_cta_corren') }} is not null then {{ true_flag('log_concil_cta_corren') }} end
            as is_reconciled,
        coalesce(lower({{ blank_to_null('ind_tip_movto_cta_corren') }}) <> 'nr', true) as moves_balance,
        case when {{ blank_to_null('log_ctbz_movto_cta_corren') }} is not null then {{ true_flag('log_ctbz_movto_cta_corren') }} end
            as is_accounted,
        {{ blank_to_null('cod_modul_dtsul') }} as routine,
        val_movto_cta_corren as native_amount
    from source

),

-- the titles that a movement settled; of several it names none
settlements as (

    select
        _source as source,
        num_id_movto_cta_corren,
        min(cod_estab) as branch_code,
        min(concat_ws('|', _source, 'tit_acr', cod_estab, num_id_tit_acr)) as title_key,
        count(distinct concat_ws('|', cod_estab, num_id_tit_acr)) as titles
    from {{ source('raw_datasul', 'movto_tit_acr') }}
    where {{ is_standing() }} and num_id_movto_cta_corren <> 0
    group by _source, num_id_movto_cta_corren

),

final as (

    select
        movements.*,
        trim(settlements.branch_code) as branch_code,
        case when settlements.titles = 1 then settlements.title_key end as title_key
    from movements
    left join settlements
        on movements.movement_key = concat_ws('|', settlements.source, 'movto_cta_corren', settlements.num_id_movto_cta_corren)

)

select * from final
