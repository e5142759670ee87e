with source as (

    select * from {{ source('raw_rm', 'gfilial') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('rm', 'branch_key') }},
        cast(codcoligada as varchar) as company_code,
        cast(codfilial as varchar) as branch_code,
        {{ tax_id('cgc') }} as tax_id,
        nome as branch_name
    from source

)

select * from final
