with source as (

    select * from {{ source('raw_protheus', 'ar5') }}

),

final as (

    select
        {{ envelope('protheus', 'request_key') }},
        coalesce(ar5_filial, '') as branch_code,
        {{ blank_to_null('ar5_status') }} as native_status,
        {{ blank_to_null('ar5_starsk') }} as transfer_status
    from source

)

select * from final
