-- PCMOV. CODOPER begins with E for what comes in and with S for what goes out; there is no total, so it is quantity times unit price.

with source as (

    select * from {{ source('raw_winthor', 'pcmov') }}

),

directed as (

    select
        *,
        case
            when upper(codoper) like 'E%' then 'inbound'
            when upper(codoper) like 'S%' then 'outbound'
            when nullif(nullif(numtransvenda, ''), '0') is not null then 'outbound'
            else 'inbound'
        end as direction
    from source

),

final as (

    select
        {{ envelope('winthor', 'item_key') }},
        coalesce({{ blank_to_null('codfilialnf') }}, {{ blank_to_null('codfilial') }}, '') as branch_code,
        case
            when direction = 'outbound' then {{ winthor_key('PCNFSAID', ['numtransvenda']) }}
            else {{ winthor_key('PCNFENT', ['numtransent']) }}
        end as erp_document_key,
        direction,
        numseq as item,
        codprod as product_code,
        cast(coalesce(qtcont, qt) as decimal(18, 4)) as quantity,
        cast(coalesce(punitcont, punit) as decimal(21, 10)) as unit_price,
        cast(round(cast(coalesce(qtcont, qt) as double) * cast(coalesce(punitcont, punit) as double), 2) as decimal(18, 2)) as amount,
        {{ blank_to_null('codoper') }} as operation_type,
        {{ blank_to_null('codfiscal') }} as cfop,
        cast(numped as varchar) as order_number,
        dtmov as posted_on
    from directed

)

select * from final
