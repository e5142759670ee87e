with source as (

    select * from {{ source('raw_protheus', 'cva') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'name_key') }},
        coalesce(cva_filial, '') as branch_code,
        cva_codigo as posting_rule,
        {{ blank_to_null('cva_descri') }} as description
    from source

)

select * from final
