with source as (

    select * from {{ source('raw_winthor', 'pcpixcobrancadados') }}

),

final as (

    select
        {{ envelope('winthor', 'charge_key') }},
        {{ blank_to_null('filial') }} as branch_code,
        {{ winthor_key('PCPREST', ['numtransvenda', 'prest']) }} as title_key,
        vencimento as due_at,
        expiracao as expires_at,
        juros as interest_amount,
        {{ blank_to_null('descricao') }} as description
    from source

)

select * from final
