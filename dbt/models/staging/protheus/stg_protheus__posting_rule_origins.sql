with source as (

    select * from {{ source('raw_protheus', 'ctl') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'origin_key') }},
        coalesce(ctl_filial, '') as branch_code,
        {{ blank_to_null('ctl_lp') }} as posting_rule,
        {{ blank_to_null('ctl_alias') }} as origin_table,
        {{ blank_to_null('ctl_key') }} as key_expression,
        {{ blank_to_null('ctl_order') }} as index_order
    from source

)

select * from final
