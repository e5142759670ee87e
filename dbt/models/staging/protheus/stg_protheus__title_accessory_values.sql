with source as (

    select * from {{ source('raw_protheus', 'fkd') }}

),

final as (

    select
        {{ envelope('protheus', 'value_key') }},
        coalesce(fkd_filial, '') as branch_code,
        {{ blank_to_null('fkd_iddoc') }} as title_id,
        {{ blank_to_null('fkd_codigo') }} as value_type,
        fkd_vlcalc as amount
    from source

)

select * from final
