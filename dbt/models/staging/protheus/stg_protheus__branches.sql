with source as (

    select * from {{ source('raw_protheus', 'sys_company') }}

),

final as (

    select
        {{ envelope('protheus', 'branch_key') }},
        m0_codigo as company_code,
        m0_codfil as branch_code,
        {{ tax_id('m0_cgc') }} as tax_id,
        m0_nome as branch_name
    from source
    where {{ is_standing() }}

)

select * from final
