with fk3_rows as (

    select * from {{ source('raw_protheus', 'fk3') }}

),

fk4_rows as (

    select * from {{ source('raw_protheus', 'fk4') }}

),

final as (

    select
        {{ envelope('protheus', 'tax_key') }},
        coalesce(fk3_filial, '') as branch_code,
        'calculated' as stage,
        {{ blank_to_null('fk3_tabori') }} as origin_table,
        {{ blank_to_null('fk3_idorig') }} as origin_id,
        {{ blank_to_null('fk3_impos') }} as tax,
        fk3_valor as amount
    from fk3_rows

    union all

    select
        {{ envelope('protheus', 'tax_key') }},
        coalesce(fk4_filial, '') as branch_code,
        'withheld' as stage,
        {{ blank_to_null('fk4_tabori') }} as origin_table,
        {{ blank_to_null('fk4_idorig') }} as origin_id,
        {{ blank_to_null('fk4_impos') }} as tax,
        fk4_valor as amount
    from fk4_rows

)

select * from final
