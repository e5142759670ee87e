-- Titles issued for printing or for the bank; one that is printed stands in the way of cancelling its CT-e (S004-23).

with source as (

    select * from {{ source('raw_logix', 'docum_emis') }}

),

final as (

    select
        {{ envelope('logix', 'print_key') }},
        cod_empresa as branch_code,
        {{ key_of_row('docum', ['cod_empresa', 'num_docum', 'ies_tip_docum']) }} as title_key,
        {{ blank_to_null('cod_portador') }} as holder_bank,
        dat_emis as issued_on,
        dat_vencto_s_desc as due_on,
        val_bruto as amount,
        {{ blank_to_null('num_docum_orig') }} as origin_number,
        {{ blank_to_null('ies_serie_fat') }} as origin_series,
        {{ blank_to_null('cod_cliente') }} as partner_code,
        coalesce(ies_impressao = 'S', false) as is_printed
    from source

)

select * from final
