-- What is authorised to be paid (AD), before it is split into payments (AP).

with source as (

    select * from {{ source('raw_logix', 'ad_mestre') }}

),

final as (

    select
        {{ envelope('logix', 'authorisation_key') }},
        cod_empresa as branch_code,
        num_ad as authorisation_id,
        {{ blank_to_null('cod_tip_despesa') }} as expense_type,
        {{ blank_to_null('num_nf') }} as document_number,
        {{ blank_to_null('ser_nf') }} as document_series,
        dat_emis_nf as issued_on,
        dat_rec_nf as posted_on,
        dat_venc as due_on,
        {{ blank_to_null('cod_fornecedor') }} as partner_code,
        {{ blank_to_null('cod_favorecido') }} as payee_code,
        val_tot_nf as amount,
        val_saldo_ad as open_amount,
        {{ blank_to_null('cod_moeda') }} as currency,
        ies_sup_cap = 'S' as is_from_purchasing,
        ies_ad_cont = 'S' as is_accounted
    from source

)

select * from final
