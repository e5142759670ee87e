with source as (

    select * from {{ source('raw_protheus', 'ar0') }}

),

final as (

    select
        {{ envelope('protheus', 'ticket_key') }},
        coalesce(ar0_filial, '') as branch_code,
        ar0_ticket as ticket,
        {{ blank_to_null('ar0_filped') }} as order_branch,
        {{ blank_to_null('ar0_numped') }} as order_number,
        {{ blank_to_null('ar0_codcli') }} as partner_code,
        {{ blank_to_null('ar0_lojcli') }} as partner_store,
        ar0_valor as amount,
        ar0_saldo as open_amount,
        {{ blank_to_null('ar0_tktrsk') }} as platform_ticket,
        {{ blank_to_null('ar0_tcktra') }} as authorisation_code,
        {{ blank_to_null('ar0_mrepro') }} as rejection_reason,
        {{ blank_to_null('ar0_status') }} as native_status,
        {{ blank_to_null('ar0_starsk') }} as transfer_status
    from source

)

select * from final
