-- The nature of operation of each tomador's CT-e, the second step of the cascade (S004-05).

with source as (

    select * from {{ source('raw_logix', 'omc_emitente') }}

),

final as (

    select
        {{ envelope('logix', 'nature_key') }},
        empresa as branch_code,
        trim(emitente) as partner_code,
        cast(natureza_operacao as varchar) as operation_type
    from source

)

select * from final
