with source as (

    select * from {{ source('raw_protheus', 'fwi') }}

),

final as (

    select
        {{ envelope('protheus', 'posting_key') }},
        coalesce(fwi_filial, '') as branch_code,
        coalesce(fwi_prefix, '') as title_prefix,
        coalesce(fwi_num, '') as title_number,
        coalesce(fwi_parcel, '') as instalment,
        coalesce(fwi_tipo, '') as title_type,
        fwi_data as transferred_on,
        coalesce(trim(fwi_la) = 'S', false) as is_accounted,
        {{ blank_to_null('fwi_lanpad') }} as posting_rule,
        fwi_valor as amount,
        fwi_descon as discount_amount,
        fwi_iof as iof_amount,
        {{ blank_to_null('fwi_situac') }} as wallet,
        {{ blank_to_null('fwi_sitant') }} as previous_wallet,
        {{ blank_to_null('fwi_bcoant') }} as previous_bank,
        {{ blank_to_null('fwi_ageant') }} as previous_agency,
        {{ blank_to_null('fwi_conant') }} as previous_account,
        {{ blank_to_null('fwi_contra') }} as contract,
        {{ blank_to_null('fwi_idmov') }} as bank_movement_id,
        {{ blank_to_null('fwi_numbor') }} as bordero
    from source

)

select * from final
