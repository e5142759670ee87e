-- PCLANCELIMINADO, kept as it comes: whether it holds deleted payables or what a consolidation eliminates depends on who tells it.

with source as (

    select * from {{ source('raw_winthor', 'pclanceliminado') }}

),

final as (

    select
        {{ envelope('winthor', 'entry_key') }},
        coalesce({{ blank_to_null('codfilial') }}, '') as branch_code,
        {{ blank_to_null('recnum') }} as record_number,
        {{ blank_to_null('codconta') }} as account,
        {{ blank_to_null('codreduzido_pc') }} as ledger_account,
        cast(codfornec as varchar) as partner_code,
        cast(numnota as varchar) as document_number,
        {{ blank_to_null('historico') }} as history,
        dtlanc as recorded_on,
        dtvenc as due_on,
        ano as year,
        {{ tax_id('cnpjemp') }} as company_tax_id,
        case natureza when 'D' then 'debit' when 'C' then 'credit' end as side,
        valor as amount
    from source

)

select * from final
