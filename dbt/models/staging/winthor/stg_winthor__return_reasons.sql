with source as (

    select * from {{ source('raw_winthor', 'pctabdev') }}

),

final as (

    select
        {{ envelope('winthor', 'reason_key') }},
        coddevol as return_reason,
        motivo as description,
        tipo as native_type
    from source
    where {{ is_standing() }}

)

select * from final
