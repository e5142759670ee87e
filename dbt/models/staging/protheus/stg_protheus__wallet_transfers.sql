-- Deleted rows are carried along: the ERP deletes the row when the title returns, which is part of the wallet's history.

with source as (

    select * from {{ source('raw_protheus', 'sea') }}

),

final as (

    select
        {{ envelope('protheus', 'transfer_key') }},
        {{ protheus_branch('ea_filial', 'ea_filorig') }} as branch_code,
        case ea_cart when 'R' then 'receivable' when 'P' then 'payable' end as side,
        {{ blank_to_null('ea_numbor') }} as bordero,
        coalesce(ea_prefixo, '') as title_prefix,
        coalesce(ea_num, '') as title_number,
        coalesce(ea_parcela, '') as instalment,
        coalesce(ea_tipo, '') as title_type,
        {{ blank_to_null('ea_fornece') }} as partner_code,
        {{ blank_to_null('ea_loja') }} as partner_store,
        ea_databor as transferred_on,
        {{ blank_to_null('ea_portado') }} as holder_bank,
        {{ blank_to_null('ea_agedep') }} as holder_agency,
        {{ blank_to_null('ea_numcon') }} as holder_account,
        {{ blank_to_null('ea_situaca') }} as wallet,
        {{ blank_to_null('ea_situant') }} as previous_wallet,
        {{ blank_to_null('ea_portant') }} as previous_bank,
        {{ blank_to_null('ea_ageant') }} as previous_agency,
        {{ blank_to_null('ea_contant') }} as previous_account,
        coalesce(ea_transf = 'S', false) as is_transferred,
        ea_saldo as amount,
        {{ blank_to_null('ea_ocorr') }} as occurrence,
        {{ blank_to_null('ea_origem') }} as origin
    from source

)

select * from final
