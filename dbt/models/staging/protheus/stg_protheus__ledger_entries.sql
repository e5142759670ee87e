-- CT2 by side: DC 1 has a debit, 2 a credit, 3 both in one row, 4 none. The control amount stands on one side of a row that has two.

with source as (

    select * from {{ source('raw_protheus', 'ct2') }}
    where ct2_dc in ('1', '2', '3')

),

texts as (

    select * from {{ ref('base_protheus__entry_texts') }}

),

entries as (

    select
        {{ envelope('protheus', 'entry_key') }},
        {{ protheus_branch('ct2_filial', 'ct2_filori') }} as branch_code,
        coalesce(ct2_filial, '') as own_branch,
        ct2_dc as native_side,
        {{ blank_to_null('ct2_debito') }} as debit_account,
        {{ blank_to_null('ct2_credit') }} as credit_account,
        ct2_data as posted_on,
        ct2_valor as amount,
        {{ protheus_currency('ct2_moedlc') }} as currency,
        ct2_moedlc as currency_code,
        ct2_tpsald as balance_type,
        coalesce(ct2_tpsald = '1', false) as is_actual,
        ct2_lote as lot,
        ct2_sblote as sublot,
        ct2_doc as document,
        ct2_linha as line,
        {{ blank_to_null('ct2_seqlan') }} as entry_sequence,
        {{ blank_to_null('ct2_hist') }} as history,
        {{ blank_to_null('ct2_lp') }} as posting_rule,
        {{ blank_to_null('ct2_key') }} as origin_key,
        {{ blank_to_null('ct2_rotina') }} as origin_routine,
        ct2_dtlp is not null as is_closing,
        {{ blank_to_null('ct2_ccd') }} as debit_cost_center,
        {{ blank_to_null('ct2_ccc') }} as credit_cost_center,
        coalesce({{ blank_to_null('ct2_codcli') }}, {{ blank_to_null('ct2_codfor') }}) as partner_code,
        {{ blank_to_null('ct2_sequen') }} as trace_sequence,
        ct2_dtcv3 as traced_on
    from source

),

sides as (

    select
        *,
        'debit' as side,
        debit_account as ledger_account,
        case native_side when '3' then credit_account end as counter_account,
        amount as signed_amount,
        debit_cost_center as cost_center,
        amount as native_amount
    from entries
    where native_side in ('1', '3')

    union all

    select
        *,
        'credit' as side,
        credit_account as ledger_account,
        case native_side when '3' then debit_account end as counter_account,
        -amount as signed_amount,
        credit_cost_center as cost_center,
        case native_side when '2' then amount end as native_amount
    from entries
    where native_side in ('2', '3')

),

final as (

    select
        {{ carried_envelope('sides') }},
        sides.entry_key,
        sides.branch_code,
        sides.side,
        sides.ledger_account,
        sides.counter_account,
        sides.posted_on,
        sides.amount,
        sides.signed_amount,
        sides.currency,
        sides.balance_type,
        sides.is_actual,
        sides.lot,
        sides.sublot,
        sides.document,
        sides.line,
        {{ blank_to_null("concat(coalesce(sides.history, ''), ' ', coalesce(texts.text, ''))") }} as history,
        sides.posting_rule,
        sides.origin_key,
        sides.origin_routine,
        sides.posting_rule is null as is_manual,
        sides.is_closing,
        sides.cost_center,
        sides.partner_code,
        sides.trace_sequence,
        sides.traced_on,
        sides.native_amount
    from sides
    left join texts
        on
            sides.source = texts.source
            and sides.own_branch = coalesce(texts.branch, '')
            and sides.posted_on = texts.posted_on
            and sides.lot = texts.lot
            and sides.sublot = texts.sublot
            and sides.document = texts.document
            and sides.entry_sequence = texts.entry_sequence
            and sides.balance_type = texts.balance_type
            and sides.currency_code = texts.currency_code

)

select * from final
