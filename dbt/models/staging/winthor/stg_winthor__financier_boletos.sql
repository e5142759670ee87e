with source as (

    select * from {{ source('raw_winthor', 'pcboletotechfin') }}

),

final as (

    select
        {{ envelope('winthor', 'boleto_key') }},
        {{ blank_to_null('filial') }} as branch_code,
        {{ blank_to_null('identificador') }} as erp_id,
        {{ blank_to_null('tipo') }} as native_type,
        {{ blank_to_null('integracao') }} as integration,
        dataintegracao as received_at,
        coalesce(gerousegundavia = 'S', false) as is_second_copy
    from source

)

select * from final
