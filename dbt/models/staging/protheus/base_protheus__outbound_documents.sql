with source as (

    select * from {{ source('raw_protheus', 'sf2') }}

),

final as (

    select
        {{ envelope('protheus', 'erp_document_key') }},
        _row_hash as row_hash,
        'outbound' as direction,
        true as is_own_form,
        coalesce({{ blank_to_null('f2_filial') }}, {{ blank_to_null('f2_filorig') }}, '') as branch_code,
        case when f2_tipo in ('D', 'B') then 'supplier' else 'customer' end as partner_register,
        f2_cliente as partner_code,
        f2_loja as partner_store,
        upper({{ blank_to_null('f2_chvnfe') }}) as access_key,
        upper({{ blank_to_null('f2_especie') }}) as species,
        f2_doc as document_number,
        f2_serie as document_series,
        f2_tipo as document_type,
        cast(null as varchar) as native_status,
        f2_valbrut as amount,
        f2_valicm as icms_amount,
        f2_valipi as ipi_amount,
        f2_emissao as issued_on,
        f2_emissao as posted_on,
        f2_fimp as transmission_status,
        coalesce(f2_prefixo, '') as title_prefix,
        {{ blank_to_null('f2_dupl') }} as title_number
    from source

)

select * from final
