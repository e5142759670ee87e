with customers as (

    select * from {{ ref('stg_protheus__customers') }}

),

suppliers as (

    select * from {{ ref('stg_protheus__suppliers') }}

),

final as (

    select * from customers
    union all
    select * from suppliers

)

select * from final
