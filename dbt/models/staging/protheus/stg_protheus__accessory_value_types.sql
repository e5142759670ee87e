with source as (

    select * from {{ source('raw_protheus', 'fkc') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'type_key') }},
        coalesce(fkc_filial, '') as branch_code,
        fkc_codigo as value_type,
        {{ blank_to_null('fkc_desc') }} as description
    from source

)

select * from final
