with source as (

    select * from {{ source('raw_protheus', 'frv') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'wallet_key') }},
        coalesce(frv_filial, '') as branch_code,
        trim(frv_codigo) as wallet,
        {{ blank_to_null('frv_descri') }} as description,
        coalesce(frv_banco = '1', false) as is_at_bank,
        coalesce(frv_descon = '1', false) as is_discounted,
        coalesce(frv_protes = '1', false) as is_protested,
        coalesce(frv_blqmov = '1', false) as is_blocked,
        frv_percen as percentage,
        {{ blank_to_null('frv_natiof') }} as iof_nature
    from source

)

select * from final
