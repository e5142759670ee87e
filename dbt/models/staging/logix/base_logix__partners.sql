-- clientes and fornecedor as they stand now. Codes are no tax ids, though many are made of one. A register often holds both customers
-- and suppliers, so the other one is asked where its own does not know a code: of the rows of a code one answers when a customer is
-- looked for, and one when a supplier is.

with customers as (

    select * from {{ source('raw_logix', 'clientes') }}
    where {{ is_standing() }}

),

suppliers as (

    select * from {{ source('raw_logix', 'fornecedor') }}
    where {{ is_standing() }}

),

partners as (

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

),

final as (

    select
        *,
        tax_id is not null and row_number() over (
            partition by source, partner_code order by tax_id is null, register, tax_id
        ) = 1 as answers_for_customers,
        tax_id is not null and row_number() over (
            partition by source, partner_code order by tax_id is null, register desc, tax_id
        ) = 1 as answers_for_suppliers
    from partners

)

select * from final
