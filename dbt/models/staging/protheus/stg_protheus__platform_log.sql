with source as (

    select * from {{ source('raw_protheus', 'ar7') }}

),

final as (

    select
        {{ envelope('protheus', 'log_key') }},
        coalesce(ar7_filial, '') as branch_code
    from source

)

select * from final
