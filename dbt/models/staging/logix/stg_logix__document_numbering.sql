-- The last number given out for each numbering: what is missing below it is a gap.

with source as (

    select * from {{ source('raw_logix', 'vdp_num_docum') }}

),

final as (

    select
        {{ envelope('logix', 'numbering_key') }},
        empresa as branch_code,
        trim(tip_docum) as document_type,
        trim(especie_docum) as species,
        trim(serie_docum) as document_series,
        trim(modelo_docum) as model,
        num_ultimo_docum as last_number
    from source

)

select * from final
