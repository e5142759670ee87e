-- fat_nf_mestre without its solicitations (status S): they ask for an invoice and are none.

with source as (

    select * from {{ source('raw_logix', 'fat_nf_mestre') }}
    where coalesce(status_nota_fiscal, '') <> 'S'

),

final as (

    select
        {{ envelope('logix', 'erp_document_key') }},
        _row_hash as row_hash,
        'outbound' as direction,
        true as is_own_form,
        coalesce(sit_nota_fiscal = 'C', false) as is_cancelled,
        dat_hor_cancel as cancelled_at,
        empresa as branch_code,
        trans_nota_fiscal as document_id,
        trim(cliente) as partner_code,
        'customer' as wanted_register,
        chave_acesso as own_access_key,
        case when regexp_full_match(trim(modelo_nota_fiscal), '[5-6][0-9]') then trim(modelo_nota_fiscal) end as electronic_model,
        upper({{ blank_to_null('espc_nota_fiscal') }}) as species,
        cast(nota_fiscal as varchar) as document_number,
        trim(serie_nota_fiscal) as document_series,
        cast(null as varchar) as native_status,
        val_nota_fiscal as amount,
        cast(null as decimal(18, 2)) as icms_amount,
        cast(null as decimal(18, 2)) as ipi_amount,
        {{ local_date('dat_hor_emissao') }} as issued_on,
        {{ local_date('dat_hor_emissao') }} as posted_on
    from source

)

select * from final
