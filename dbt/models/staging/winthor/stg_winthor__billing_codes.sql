with source as (

    select * from {{ source('raw_winthor', 'pccob') }}

),

final as (

    select
        {{ envelope('winthor', 'billing_key') }},
        codcob as billing_code,
        cobranca as description,
        {{ blank_to_null('codmoeda') }} as moeda,
        coalesce(boleto = 'S', false) as has_boleto,
        coalesce(cartao = 'S', false) as is_card,
        {{ blank_to_null('codbanco') }} as bank_code,
        txjuros as interest_rate,
        prazomaximovenda as longest_term,
        vltarifa as fee_amount,
        {{ blank_to_null('codfilial') }} as branch_code
    from source

)

select * from final
