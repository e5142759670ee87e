with partners as (

    select * from {{ ref('base_logix__partners') }}

),

final as (

    select
        {{ carried_envelope('partners') }},
        partners.partner_key,
        partners.register,
        partners.partner_code,
        partners.partner_name,
        partners.tax_id,
        partners.is_blocked
    from partners

)

select * from final
