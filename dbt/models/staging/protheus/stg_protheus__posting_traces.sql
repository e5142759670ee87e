-- CV3. Its record numbers are text and of the same company, which is the same source; several traces may lead to one summed entry.

with source as (

    select * from {{ source('raw_protheus', 'cv3') }}

),

records as (

    select * from {{ ref('base_protheus__records') }}

),

traces as (

    select
        {{ envelope('protheus', 'trace_key') }},
        coalesce(cv3_filial, '') as branch_code,
        {{ protheus_record('cv3_recdes') }} as entry_record,
        {{ blank_to_null('cv3_tabori') }} as origin_table,
        {{ protheus_record('cv3_recori') }} as origin_record,
        {{ blank_to_null('cv3_lp') }} as posting_rule,
        {{ blank_to_null('cv3_lpseq') }} as posting_sequence,
        {{ blank_to_null('cv3_sequen') }} as trace_sequence,
        cv3_dtseq as traced_on,
        {{ protheus_side('cv3_dc') }} as side,
        {{ blank_to_null('cv3_debito') }} as debit_account,
        {{ blank_to_null('cv3_credit') }} as credit_account,
        cv3_vlr01 as amount
    from source

),

final as (

    select
        {{ carried_envelope('traces') }},
        traces.trace_key,
        traces.branch_code,
        {{ key_of_row('CT2', ['traces.entry_record'], source='traces.source') }} as ledger_entry_key,
        traces.origin_table,
        cast(traces.origin_record as varchar) as origin_record,
        case
            when traces.origin_table in ('SE1', 'SE2', 'SF1', 'SF2') then records.record_key
            else {{ protheus_record_key('traces.source', 'traces.origin_table', 'traces.origin_record') }}
        end as origin_key,
        traces.posting_rule,
        traces.posting_sequence,
        traces.trace_sequence,
        traces.traced_on,
        traces.side,
        traces.debit_account,
        traces.credit_account,
        traces.amount,
        traces.amount as native_amount
    from traces
    left join records
        on
            traces.source = records.source
            and traces.origin_table = records.alias
            and traces.origin_record = records.record_number

)

select * from final
