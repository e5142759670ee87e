with source as (

    select * from {{ source('raw_protheus', 'sft') }}

),

final as (

    select
        {{ envelope('protheus', 'entry_key') }},
        ft_filial as branch_code,
        case ft_tipomov when 'E' then 'inbound' when 'S' then 'outbound' end as direction,
        ft_serie as document_series,
        ft_nfiscal as document_number,
        ft_cliefor as partner_code,
        ft_loja as partner_store,
        ft_item as item,
        ft_produto as product_code,
        ft_entrada as posted_on,
        ft_emissao as issued_on,
        upper({{ blank_to_null('ft_chvnfe') }}) as access_key,
        upper({{ blank_to_null('ft_especie') }}) as species,
        {{ blank_to_null('ft_cfop') }} as cfop,
        ft_valcont as amount,
        ft_dtcanc as cancelled_on
    from source

)

select * from final
