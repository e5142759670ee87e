with source as (

    select * from {{ source('raw_winthor', 'pcnfent') }}

),

told as (

    select
        *,
        -- any of these tells of a customer's return, and then CODFORNEC is a customer's code
        coalesce(
            {{ blank_to_null('coddevol') }} is not null
            or nullif(numtransvendaorig, 0) is not null
            or nullif(numnotavenda, 0) is not null
            or nfdevolmaisneg = 'S'
            or finalidadenfe = '4',
            false
        ) as is_return
    from source

),

final as (

    select
        {{ envelope('winthor', 'erp_document_key') }},
        _row_hash as row_hash,
        'inbound' as direction,
        -- where it does not say, the access key does
        case emissaopropria when 'S' then true when 'N' then false end as is_own_form,
        coalesce({{ blank_to_null('codfilialnf') }}, {{ blank_to_null('codfilial') }}, '') as branch_code,
        cast(null as varchar) as branch_tax_id,
        case when is_return then 'customer' else 'supplier' end as partner_register,
        cast(codfornec as varchar) as partner_code,
        {{ tax_id('cgc') }} as partner_tax_id,
        upper({{ blank_to_null('chavenfe') }}) as nfe_key,
        upper({{ blank_to_null('chavecte') }}) as cte_key,
        upper(coalesce({{ blank_to_null('modelo') }}, {{ blank_to_null('especie') }})) as species,
        cast(numnota as varchar) as document_number,
        serie as document_series,
        {{ winthor_sefaz_status() }} as sefaz_status,
        dtcancel as cancelled_on,
        cast(null as date) as cancelled_at_sefaz_on,
        vltotal as native_amount,
        last_value(nullif(vltotal, 0) ignore nulls) over (
            partition by _row_id order by _version rows between unbounded preceding and current row
        ) as amount_before_cancellation,
        vlicms as icms_amount,
        vlipi as ipi_amount,
        dtemissao as issued_on,
        coalesce(dtent, dtemissao) as posted_on,
        {{ blank_to_null('protocolodesacordocte') }} is not null as is_disagreed
    from told

)

select * from final
