-- The postings of payables, one row per side. ctb_lanc_ctbl_cap is the newer shape of lanc_cont_cap, and Logix may fill both for the
-- same authorisation or payment: then the older rows are the same postings again, and are left out.

with newer as (

    select * from {{ source('raw_logix', 'ctb_lanc_ctbl_cap') }}

),

older as (

    select * from {{ source('raw_logix', 'lanc_cont_cap') }}

),

in_newer as (

    select
        _source as source,
        empresa,
        num_ad_ap,
        trim(eh_ad_ap) as ad_or_ap
    from newer
    where
        {{ is_standing() }}
        and num_ad_ap is not null
    group by _source, empresa, num_ad_ap, trim(eh_ad_ap)

),

both_sides as (

    {% for side, account, counter_account in [('debit', 'cta_deb', 'cta_cre'), ('credit', 'cta_cre', 'cta_deb')] %}
    select
        {{ envelope('logix', 'entry_key') }},
        empresa as branch_code,
        '{{ side }}' as side,
        {{ blank_to_null(account) }} as ledger_account,
        {{ blank_to_null(counter_account) }} as counter_account,
        dat_movto as posted_on,
        val_lancto as amount,
        -- an amount stands on one side of a row, on the debit where there is one
        case when '{{ side }}' = 'debit' or {{ blank_to_null('cta_deb') }} is null then val_lancto end as native_amount,
        coalesce({{ blank_to_null('liberado') }}, 'S') = 'S' as is_actual,
        cast(lote_contab as varchar) as lot,
        cast(num_lancto as varchar) as document,
        cast(sequencia_registro as varchar) as line,
        {{ blank_to_null('compl_hist') }} as history,
        cast(null as boolean) as is_manual,
        num_ad_ap,
        trim(eh_ad_ap) as ad_or_ap
    from newer
    where {{ blank_to_null(account) }} is not null
    {% if not loop.last %}

    union all

    {% endif %}
    {% endfor %}

),

one_side as (

    select
        {{ envelope('logix', 'entry_key') }},
        cod_empresa as branch_code,
        case upper(ies_tipo_lanc) when 'D' then 'debit' when 'C' then 'credit' end as side,
        {{ blank_to_null('num_conta_cont') }} as ledger_account,
        cast(null as varchar) as counter_account,
        dat_lanc as posted_on,
        val_lanc as amount,
        val_lanc as native_amount,
        coalesce({{ blank_to_null('ies_liberad_contab') }}, 'S') = 'S' as is_actual,
        cast(num_lote_lanc as varchar) as lot,
        cast(num_ad_ap as varchar) as document,
        cast(num_seq as varchar) as line,
        {{ blank_to_null('tex_hist_lanc') }} as history,
        ies_man_aut = 'M' as is_manual,
        num_ad_ap,
        trim(ies_ad_ap) as ad_or_ap
    from older

),

postings as (

    select * from both_sides

    union all

    select one_side.*
    from one_side
    left join in_newer
        on
            one_side.source = in_newer.source
            and one_side.branch_code = in_newer.empresa
            and one_side.num_ad_ap = in_newer.num_ad_ap
            and one_side.ad_or_ap = in_newer.ad_or_ap
    where in_newer.source is null

),

final as (

    select
        *,
        case ad_or_ap when '1' then 'ad_mestre' when '2' then 'ap' end as origin_table,
        -- the payment, whatever its version
        case
            when num_ad_ap is null then null
            when ad_or_ap = '1' then {{ key_of_row('ad_mestre', ['branch_code', 'num_ad_ap'], 'source') }}
            when ad_or_ap = '2' then {{ key_of_row('ap', ['branch_code', 'num_ad_ap'], 'source') }}
        end as origin_key
    from postings

)

select * from final
