with source as (

    select * from {{ source('raw_protheus', 'sped050') }}

),

final as (

    select
        {{ envelope('protheus', 'transmission_key') }},
        trim(id_ent) as entity,
        trim(substr(nfe_id, 1, 3)) as document_series,
        trim(substr(nfe_id, 4)) as document_number,
        upper({{ blank_to_null('doc_chv') }}) as access_key,
        {{ blank_to_null('modelo') }} as model,
        ambiente as environment,
        status as native_status,
        statuscanc as cancellation_status,
        statusmail as mail_status,
        {{ blank_to_null('nfe_prot') }} as protocol,
        date_nfe as transmitted_on,
        {{ tax_id('cnpjdest') }} as recipient_tax_id
    from source

)

select * from final
