with source as (

    select * from {{ source('raw_winthor', 'pcpedc') }}

),

final as (

    select
        {{ envelope('winthor', 'order_key') }},
        coalesce({{ blank_to_null('codfilialnf') }}, {{ blank_to_null('codfilial') }}, '') as branch_code,
        cast(numped as varchar) as order_number,
        cast(codcli as varchar) as partner_code,
        data as ordered_on,
        vltotal as amount,
        vlatend as billed_amount,
        {{ blank_to_null('posicao') }} as position,
        coalesce(dtcancel is not null or posicao = 'C', false) as is_cancelled,
        dtcancel as cancelled_on,
        {{ winthor_key('PCNFSAID', ['numtransvenda']) }} as erp_document_key,
        {{ blank_to_null('codplpag') }} as payment_plan,
        {{ blank_to_null('codcob') }} as billing_code,
        {{ blank_to_null('condvenda') }} as sale_type,
        coalesce(bloqueiosupplier = 'S', false) as is_blocked_by_financier,
        vltotal as native_amount
    from source

)

select * from final
