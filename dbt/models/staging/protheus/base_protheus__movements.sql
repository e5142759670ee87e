-- SE5 under names. One row may tell of a bank account, of a title or of both.

with source as (

    select * from {{ source('raw_protheus', 'se5') }}

),

final as (

    select
        {{ envelope('protheus', 'movement_key') }},
        r_e_c_n_o_ as record_number,
        coalesce(e5_filial, '') as own_branch,
        coalesce({{ blank_to_null('e5_filorig') }}, e5_filial, '') as origin_branch,
        {{ protheus_branch('e5_filial', 'e5_filorig') }} as branch_code,
        e5_data as moved_on,
        coalesce(e5_dtdigit, e5_data) as recorded_on,
        coalesce(e5_dtdispo, e5_data) as available_on,
        e5_valor as amount,
        e5_vlmoed2 as foreign_amount,
        e5_txmoeda as exchange_rate,
        coalesce(trim(e5_moeda), '') as money_kind,
        trim(e5_recpag) as direction,
        coalesce(trim(e5_tipodoc), '') as movement_type,
        {{ blank_to_null('e5_motbx') }} as settlement_reason,
        coalesce(trim(e5_situaca), '') in ('C', 'E', 'X') as is_cancelled,
        e5_dtcanbx as cancelled_on,
        {{ blank_to_null('e5_banco') }} as bank_code,
        coalesce(e5_agencia, '') as agency,
        coalesce(e5_conta, '') as account,
        coalesce(e5_prefixo, '') as title_prefix,
        {{ blank_to_null('e5_numero') }} is not null as has_title,
        coalesce(e5_numero, '') as title_number,
        coalesce(e5_parcela, '') as instalment,
        coalesce(e5_tipo, '') as title_type,
        coalesce(e5_clifor, '') as partner_code,
        coalesce(e5_loja, '') as partner_store,
        coalesce(e5_seq, '') as sequence,
        {{ blank_to_null('e5_numcheq') }} as cheque,
        {{ blank_to_null('e5_documen') }} as document_number,
        {{ blank_to_null('e5_histor') }} as history,
        coalesce(e5_vljuros, 0) as interest_amount,
        coalesce(e5_vlmulta, 0) as penalty_amount,
        coalesce(e5_vldesco, 0) as discount_amount,
        {{ blank_to_null('e5_sitcob') }} as wallet,
        {{ blank_to_null('e5_reconc') }} is not null as is_reconciled,
        coalesce(trim(e5_la) = 'S', false) as is_accounted,
        {{ blank_to_null('e5_origem') }} as routine,
        {{ blank_to_null('e5_proctra') }} as transfer_id,
        coalesce(e5_movfks = 'S', false) as is_in_fk,
        {{ blank_to_null('e5_idorig') }} as origin_id,
        {{ blank_to_null('e5_tabori') }} as origin_table
    from source

)

select * from final
