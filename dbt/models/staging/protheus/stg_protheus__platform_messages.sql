with source as (

    select * from {{ source('raw_protheus', 'ar4') }}

),

final as (

    select
        {{ envelope('protheus', 'message_key') }},
        coalesce(ar4_filial, '') as branch_code,
        ar4_idproc as process_id,
        ar4_item as item,
        {{ blank_to_null('ar4_tipmov') }} as native_type,
        {{ blank_to_null('ar4_status') }} as native_status,
        ar4_origem as message,
        ar4_result as outcome,
        {{ blank_to_null('ar4_idorig') }} as message_id,
        ar4_totmov as movements,
        ar4_totcrr as movements_done,
        ar4_dtproc as processed_on,
        {{ blank_to_null('ar4_hrproc') }} as processed_time
    from source

)

select * from final
