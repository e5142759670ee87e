-- A partner that is customer and supplier (identific 3) has a row in each register.

with partners as (

    select * from {{ ref('base_datasul__partners') }}

),

final as (

    select
        {{ carried_envelope('partners') }},
        partners.partner_key,
        registers.register,
        partners.partner_code,
        partners.partner_name,
        partners.tax_id,
        partners.uf
    from partners
    left join {{ partner_registers() }} on partners.kind = registers.kind

)

select * from final
