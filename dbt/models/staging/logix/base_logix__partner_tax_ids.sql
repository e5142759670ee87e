-- Who a code is: a register often holds both customers and suppliers, so the other one is asked where its own does not know the code.

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
        _source as source,
        'customer' as register,
        trim(cod_cliente) as partner_code,
        {{ logix_tax_id('num_cgc_cpf') }} as tax_id
    from customers

    union all

    select
        _source as source,
        'supplier' as register,
        trim(cod_fornecedor) as partner_code,
        {{ logix_tax_id('num_cgc_cpf') }} as tax_id
    from suppliers

),

ranked as (

    select
        source,
        partner_code,
        tax_id,
        row_number() over (partition by source, partner_code order by register desc, tax_id) as place_as_supplier,
        row_number() over (partition by source, partner_code order by register, tax_id) as place_as_customer
    from partners
    where tax_id is not null

),

final as (

    select
        source,
        'supplier' as wanted_register,
        partner_code,
        tax_id
    from ranked
    where place_as_supplier = 1

    union all

    select
        source,
        'customer' as wanted_register,
        partner_code,
        tax_id
    from ranked
    where place_as_customer = 1

)

select * from final
