with source as (

    select * from {{ source('raw_protheus', 'sf1') }}

),

final as (

    select
        {{ envelope('protheus', 'erp_document_key') }},
        _row_hash as row_hash,
        'inbound' as direction,
        f1_formul = 'S' as is_own_form,
        coalesce({{ blank_to_null('f1_filial') }}, {{ blank_to_null('f1_filorig') }}, '') as branch_code,
        case when f1_tipo in ('D', 'B') then 'customer' else 'supplier' end as partner_register,
        f1_fornece as partner_code,
        f1_loja as partner_store,
        upper({{ blank_to_null('f1_chvnfe') }}) as access_key,
        upper({{ blank_to_null('f1_especie') }}) as species,
        f1_doc as document_number,
        f1_serie as document_series,
        f1_tipo as document_type,
        f1_status as native_status,
        f1_valbrut as amount,
        f1_valicm as icms_amount,
        f1_valipi as ipi_amount,
        f1_emissao as issued_on,
        coalesce(f1_dtdigit, f1_emissao) as posted_on,
        f1_fimp as transmission_status,
        coalesce(f1_prefixo, '') as title_prefix,
        {{ blank_to_null('f1_dupl') }} as title_number
    from source

)

select * from final
