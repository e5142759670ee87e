-- PCLANCINTERMEDIARIA names the operation behind a leg by its table (TABELAGESTAO) and its key in two parts (CHAVEGESTAO, CHAVEGESTAOAUX).

with source as (

    select * from {{ source('raw_winthor', 'pclancintermediaria') }}

),

final as (

    select
        {{ envelope('winthor', 'trace_key') }},
        coalesce({{ blank_to_null('codfilial') }}, '') as branch_code,
        {{ winthor_key('PCLANCAMENTO', ['numtranspclancamento']) }} as ledger_entry_key,
        upper({{ blank_to_null('tabelagestao') }}) as origin_table,
        nullif(concat_ws('|', {{ blank_to_null('chavegestao') }}, {{ blank_to_null('chavegestaoaux') }}), '') as origin_record,
        {{ winthor_origin_key() }} as origin_key,
        {{ blank_to_null('codregra') }} as posting_rule,
        cast(numseq as varchar) as trace_sequence,
        datalancto as traced_on,
        case natureza when 'D' then 'debit' when 'C' then 'credit' end as side,
        case natureza when 'D' then {{ blank_to_null('codreduzido_pc') }} end as debit_account,
        case natureza when 'C' then {{ blank_to_null('codreduzido_pc') }} end as credit_account,
        valor as amount,
        -- what is inconsistent was never posted, whatever its status says
        coalesce({{ blank_to_null('inconsistencia') }}, {{ blank_to_null('status') }}) as status,
        valor as native_amount
    from source

)

select * from final
