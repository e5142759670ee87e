-- The operation is text in two spellings ('2', '02'); one of them is kept.

with source as (

    select * from {{ source('raw_winthor', 'pchisttechfin') }}

),

final as (

    select
        {{ envelope('winthor', 'answer_key') }},
        {{ blank_to_null('codfilial') }} as branch_code,
        coalesce(nullif(ltrim(operacao, '0'), ''), operacao) as operation,
        descricaooperacao as description,
        dataintegracao as received_at,
        uri as address,
        arquivo as message
    from source

)

select * from final
