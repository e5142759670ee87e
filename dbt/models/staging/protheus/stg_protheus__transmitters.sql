with source as (

    select * from {{ source('raw_protheus', 'sped001') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'entity_key') }},
        trim(id_ent) as entity,
        coalesce({{ tax_id('cnpj') }}, {{ tax_id('cpf') }}) as tax_id,
        {{ blank_to_null('ie') }} as state_registration,
        {{ blank_to_null('uf') }} as uf
    from source

)

select * from final
