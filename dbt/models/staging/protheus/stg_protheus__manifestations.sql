with source as (

    select * from {{ source('raw_protheus', 'c00') }}

),

final as (

    select
        {{ envelope('protheus', 'manifestation_key') }},
        c00_filial as branch_code,
        upper({{ blank_to_null('c00_chvnfe') }}) as access_key,
        {{ blank_to_null('c00_status') }} as native_status,
        c00_dtrec as received_on,
        c00_vldoc as amount,
        c00_vldoc as native_amount
    from source

)

select * from final
