with source as (

    select * from {{ source('raw_protheus', 'sx6') }}

),

final as (

    select
        {{ envelope('protheus', 'parameter_key') }},
        trim(x6_fil) as branch_code,
        trim(x6_var) as parameter,
        x6_tipo as parameter_type,
        trim(x6_conteud) as value
    from source

)

select * from final
