with source as (

    select * from {{ source('raw_protheus', 'sf3') }}

),

final as (

    select
        {{ envelope('protheus', 'entry_key') }},
        coalesce(f3_filial, '') as branch_code,
        f3_entrada as posted_on,
        f3_nfiscal as document_number,
        f3_serie as document_series,
        f3_cliefor as partner_code,
        f3_loja as partner_store,
        {{ blank_to_null('f3_cfo') }} as cfop,
        {{ blank_to_null('f3_especie') }} as species,
        upper({{ blank_to_null('f3_chvnfe') }}) as access_key,
        f3_valcont as amount,
        f3_dtcanc as cancelled_on,
        {{ blank_to_null('f3_codrsef') }} as sefaz_status
    from source

)

select * from final
