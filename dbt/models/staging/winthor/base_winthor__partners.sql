-- PCCLIENT and PCFORNEC as they stand now. A return's PCNFENT.CODFORNEC is a customer's code, so both registers are looked up by name.

with customers as (

    select * from {{ source('raw_winthor', 'pcclient') }}
    where {{ is_standing() }}

),

suppliers as (

    select * from {{ source('raw_winthor', 'pcfornec') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('winthor', 'partner_key') }},
        'customer' as register,
        cast(codcli as varchar) as partner_code,
        cliente as partner_name,
        {{ tax_id('cgcent') }} as tax_id,
        {{ blank_to_null('estcob') }} as uf,
        coalesce(bloqueio = 'S', false) as is_blocked
    from customers

    union all

    select
        {{ envelope('winthor', 'partner_key') }},
        'supplier' as register,
        cast(codfornec as varchar) as partner_code,
        fornecedor as partner_name,
        {{ tax_id('cgc') }} as tax_id,
        {{ blank_to_null('estado') }} as uf,
        coalesce(bloqueio = 'S', false) as is_blocked
    from suppliers

)

select * from final
