with source as (

    select * from {{ source('raw_winthor', 'pcclient') }}

),

final as (

    select
        {{ envelope('winthor', 'customer_key') }},
        cast(codcli as varchar) as partner_code,
        {{ tax_id('cgcent') }} as tax_id,
        coalesce(clientemaisnegocios = 'S', false) as is_of_financier,
        datahoraconsultamaisnegocios as refreshed_at,
        coalesce(permitefaturaraprazomaisneg = 'N', false) as is_cash_only,
        cast(limiteliberadomaisneg as decimal(18, 2)) as limit_amount,
        {{ blank_to_null('statusmaisneg') }} as financier_status,
        limcred as own_limit_amount,
        coalesce(bloqueio = 'S', false) as is_blocked,
        {{ blank_to_null('codcob') }} as billing_code,
        {{ blank_to_null('codplpag') }} as payment_plan
    from source

)

select * from final
