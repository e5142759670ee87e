-- The instalments that an outbound document is to have (S004-03, S004-60): a preview until it names the title that it became.

with source as (

    select * from {{ source('raw_logix', 'fat_nf_duplicata') }}

),

final as (

    select
        {{ envelope('logix', 'preview_key') }},
        empresa as branch_code,
        {{ key_of_row('fat_nf_mestre', ['empresa', 'trans_nota_fiscal']) }} as erp_document_key,
        cast(seq_duplicata as varchar) as instalment,
        val_duplicata as amount,
        dat_vencto_cdesc as discount_until,
        dat_vencto_sdesc as due_on,
        {{ blank_to_null('portador') }} as holder_bank,
        {{ blank_to_null('docum_cre') }} as title_number,
        coalesce({{ blank_to_null('empresa_cre') }}, empresa) as title_branch_code,
        {{ blank_to_null('docum_cre') }} is not null as is_effective
    from source

)

select * from final
