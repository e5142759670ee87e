with source as (

    select * from {{ source('raw_protheus', 'sx2') }}

),

final as (

    select
        {{ envelope('protheus', 'table_key') }},
        x2_chave as alias,
        coalesce(x2_modoemp, 'E') || coalesce(x2_modoun, 'E') || coalesce(x2_modo, 'E') as sharing_mode,
        coalesce(x2_tamemp, 0) as company_length,
        coalesce(x2_tamun, 0) as unit_length,
        coalesce(x2_tamfil, 0) as branch_length
    from source
    where {{ is_standing() }}

)

select * from final
