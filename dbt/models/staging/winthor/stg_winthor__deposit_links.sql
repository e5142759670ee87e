with source as (

    select * from {{ source('raw_winthor', 'pcprestdni') }}

),

final as (

    select
        {{ envelope('winthor', 'link_key') }},
        {{ blank_to_null('numtransorigem') }} as deposit_operation,
        {{ winthor_key('PCPREST', ['numtransvenda', 'prest']) }} as title_key,
        valor as amount,
        cast(numtransbaixa as varchar) as settlement_operation,
        dtbaixa as settled_on,
        {{ blank_to_null('codbanco') }} as bank_code,
        {{ blank_to_null('numdoc') }} as document_number,
        dtestornobaixa as reversed_on
    from source

)

select * from final
