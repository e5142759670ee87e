with source as (

    select * from {{ source('raw_datasul', 'estabelec') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('datasul', 'branch_key') }},
        trim("cod-estabel") as branch_code,
        {{ tax_id('cgc') }} as tax_id,
        nome as branch_name
    from source

)

select * from final
