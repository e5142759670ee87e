-- The operation is text in two spellings ('2', '02'); one of them is kept.

with source as (

    select * from {{ source('raw_winthor', 'pcexecucaotechfin') }}

),

final as (

    select
        {{ envelope('winthor', 'call_key') }},
        {{ blank_to_null('filial') }} as branch_code,
        coalesce(nullif(ltrim(operacao, '0'), ''), operacao) as operation,
        {{ winthor_key('PCPEDC', ['pedido']) }} as order_key,
        {{ winthor_key('PCNFSAID', ['numtransvenda']) }} as invoice_key,
        {{ winthor_key('PCPREST', ['numtransvenda', 'prest']) }} as title_key,
        {{ blank_to_null('prest') }} as instalment,
        nullif({{ blank_to_null('notafiscal') }}, '0') as document_number,
        {{ blank_to_null('integracao') }} as integration,
        coalesce(execucao = 'M', false) as is_manual,
        coalesce(reenvio = 'S', false) as is_resent,
        dtexecucao as called_at,
        upper({{ blank_to_null('status') }}) as native_status,
        detalhe as detail
    from source

)

select * from final
