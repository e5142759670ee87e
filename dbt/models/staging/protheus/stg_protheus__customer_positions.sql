with source as (

    select * from {{ source('raw_protheus', 'ar3') }}

),

final as (

    select
        {{ envelope('protheus', 'position_key') }},
        coalesce(ar3_filial, '') as branch_code
    from source

)

select * from final
