-- Titles in a remittance to the bank; cancelling the remittance changes nothing else (S004-26).

with source as (

    select * from {{ source('raw_logix', 'docum_escr') }}

),

final as (

    select
        {{ envelope('logix', 'remittance_key') }},
        cod_empresa as branch_code,
        {{ key_of_row('docum', ['cod_empresa', 'num_docum', 'ies_tip_docum']) }} as title_key,
        {{ blank_to_null('num_lote_remessa') }} as remittance,
        {{ blank_to_null('cod_portador') }} as holder_bank,
        coalesce(ies_situa_docum = 'C', false) as is_cancelled
    from source

)

select * from final
