with source as (

    select * from {{ source('raw_protheus', 'fkb') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'type_key') }},
        coalesce(fkb_filial, '') as branch_code,
        trim(fkb_tpdoc) as movement_type,
        {{ blank_to_null('fkb_descr') }} as description,
        coalesce(fkb_atubco = '1', false) as moves_bank
    from source

)

select * from final
