with source as (

    select * from {{ source('raw_protheus', 'sped156') }}

),

final as (

    select
        {{ envelope('protheus', 'manifestation_key') }},
        trim(id_ent) as entity,
        upper({{ blank_to_null('docchv') }}) as access_key,
        {{ blank_to_null('docsit') }} as native_situation,
        {{ blank_to_null('docsitconf') }} as native_status,
        {{ tax_id('emitcnpj') }} as issuer_tax_id
    from source

)

select * from final
