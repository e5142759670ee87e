-- emitente as it stands now.

with source as (

    select * from {{ source('raw_datasul', 'emitente') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('datasul', 'partner_key') }},
        "cod-emitente" as partner_number,
        cast("cod-emitente" as varchar) as partner_code,
        "nome-emit" as partner_name,
        {{ tax_id('cgc') }} as tax_id,
        {{ blank_to_null('estado') }} as uf,
        identific as kind
    from source

)

select * from final
