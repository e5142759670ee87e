-- clientes and fornecedor as they stand now. Codes are no tax ids, though many are made of one.

with customers as (

    select * from {{ source('raw_logix', 'clientes') }}
    where {{ is_standing() }}

),

suppliers as (

    select * from {{ source('raw_logix', 'fornecedor') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('logix', 'partner_key') }},
        'customer' as register,
        trim(cod_cliente) as partner_code,
        nom_cliente as partner_name,
        {{ logix_tax_id('num_cgc_cpf') }} as tax_id,
        {{ blank_to_null('ies_situacao') }} <> 'A' as is_blocked
    from customers

    union all

    select
        {{ envelope('logix', 'partner_key') }},
        'supplier' as register,
        trim(cod_fornecedor) as partner_code,
        raz_social as partner_name,
        {{ logix_tax_id('num_cgc_cpf') }} as tax_id,
        cast(null as boolean) as is_blocked
    from suppliers

)

select * from final
