with source as (

    select * from {{ source('raw_logix', 'empresa') }}

),

final as (

    select
        {{ envelope('logix', 'branch_key') }},
        cod_empresa as branch_code,
        {{ logix_tax_id('num_cgc') }} as tax_id,
        den_empresa as branch_name
    from source
    where {{ is_standing() }}

)

select * from final
