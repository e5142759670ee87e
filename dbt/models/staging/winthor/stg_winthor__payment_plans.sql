with source as (

    select * from {{ source('raw_winthor', 'pcplpag') }}

),

final as (

    select
        {{ envelope('winthor', 'plan_key') }},
        codplpag as payment_plan,
        descricao as description,
        numdias as average_days,
        numparcelas as instalments,
        prazo1 as days_to_first_instalment,
        {{ blank_to_null('tipovenda') }} as sale_term,
        {{ blank_to_null('codcob') }} as billing_code,
        coalesce(status, 'A') <> 'I' as is_active,
        coalesce(usasupplicard = 'S', false) as is_of_financier,
        {{ blank_to_null('condfinanc') }} as financing_condition
    from source

)

select * from final
