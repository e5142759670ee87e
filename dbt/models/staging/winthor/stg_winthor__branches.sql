with source as (

    select * from {{ source('raw_winthor', 'pcfilial') }}

),

final as (

    select
        {{ envelope('winthor', 'branch_key') }},
        codigo as branch_code,
        {{ tax_id('cgc') }} as tax_id,
        razaosocial as branch_name
    from source
    -- 99 stands for all branches together
    where {{ is_standing() }} and codigo <> '99'

)

select * from final
