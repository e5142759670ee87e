-- SE1 and SE2 under one set of names. What a title means stands in stg_protheus__titles; this is what movements look for too.

with receivables as (

    select * from {{ source('raw_protheus', 'se1') }}

),

payables as (

    select * from {{ source('raw_protheus', 'se2') }}

),

final as (

    select
        {{ envelope('protheus', 'title_key') }},
        'SE1' as alias,
        'receivable' as side,
        r_e_c_n_o_ as record_number,
        coalesce(e1_filial, '') as own_branch,
        coalesce({{ blank_to_null('e1_filorig') }}, e1_filial, '') as origin_branch,
        {{ protheus_branch('e1_filial', 'e1_filorig') }} as branch_code,
        coalesce(e1_prefixo, '') as title_prefix,
        coalesce(e1_num, '') as title_number,
        coalesce(e1_parcela, '') as instalment,
        coalesce(e1_tipo, '') as title_type,
        e1_cliente as partner_code,
        e1_loja as partner_store,
        {{ blank_to_null('e1_titpai') }} as parent_text,
        e1_emissao as issued_on,
        coalesce(e1_emis1, e1_emissao) as recorded_on,
        e1_vencto as due_on,
        e1_vencrea as effective_due_on,
        coalesce(e1_vencori, e1_vencto) as original_due_on,
        {{ protheus_currency('e1_moeda') }} as currency,
        e1_txmoeda as exchange_rate,
        e1_valor as amount,
        case when coalesce(e1_moeda, 1) <= 1 then coalesce(nullif(e1_vlcruz, 0), e1_valor) else e1_vlcruz end as amount_brl,
        coalesce(e1_saldo, 0) as balance,
        coalesce(e1_sdacres, 0) - coalesce(e1_sddecre, 0) as open_extras,
        e1_baixa as settled_on,
        {{ blank_to_null('e1_portado') }} as holder_bank,
        {{ blank_to_null('e1_agedep') }} as holder_agency,
        {{ blank_to_null('e1_conta') }} as holder_account,
        coalesce({{ blank_to_null('e1_situaca') }}, '0') as wallet,
        {{ blank_to_null('e1_pedido') }} as order_number,
        {{ blank_to_null('e1_numnota') }} as note_number,
        {{ blank_to_null('e1_serie') }} as note_series,
        {{ blank_to_null('e1_origem') }} as origin,
        coalesce(e1_la = 'S', false) as is_accounted
    from receivables

    union all

    select
        {{ envelope('protheus', 'title_key') }},
        'SE2' as alias,
        'payable' as side,
        r_e_c_n_o_ as record_number,
        coalesce(e2_filial, '') as own_branch,
        coalesce({{ blank_to_null('e2_filorig') }}, e2_filial, '') as origin_branch,
        {{ protheus_branch('e2_filial', 'e2_filorig') }} as branch_code,
        coalesce(e2_prefixo, '') as title_prefix,
        coalesce(e2_num, '') as title_number,
        coalesce(e2_parcela, '') as instalment,
        coalesce(e2_tipo, '') as title_type,
        e2_fornece as partner_code,
        e2_loja as partner_store,
        {{ blank_to_null('e2_titpai') }} as parent_text,
        e2_emissao as issued_on,
        coalesce(e2_emis1, e2_emissao) as recorded_on,
        e2_vencto as due_on,
        e2_vencrea as effective_due_on,
        coalesce(e2_vencori, e2_vencto) as original_due_on,
        {{ protheus_currency('e2_moeda') }} as currency,
        e2_txmoeda as exchange_rate,
        e2_valor as amount,
        case when coalesce(e2_moeda, 1) <= 1 then coalesce(nullif(e2_vlcruz, 0), e2_valor) else e2_vlcruz end as amount_brl,
        coalesce(e2_saldo, 0) as balance,
        coalesce(e2_sdacres, 0) - coalesce(e2_sddecre, 0) as open_extras,
        e2_baixa as settled_on,
        {{ blank_to_null('e2_portado') }} as holder_bank,
        cast(null as varchar) as holder_agency,
        cast(null as varchar) as holder_account,
        cast(null as varchar) as wallet,
        cast(null as varchar) as order_number,
        cast(null as varchar) as note_number,
        cast(null as varchar) as note_series,
        {{ blank_to_null('e2_origem') }} as origin,
        coalesce(e2_la = 'S', false) as is_accounted
    from payables

)

select * from final
