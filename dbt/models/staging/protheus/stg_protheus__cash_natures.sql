with source as (

    select * from {{ source('raw_protheus', 'sed') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'nature_key') }},
        coalesce(ed_filial, '') as branch_code,
        ed_codigo as cash_nature,
        {{ blank_to_null('ed_descric') }} as description,
        case ed_cond when 'R' then 'revenue' when 'D' then 'expense' end as kind,
        {{ blank_to_null('ed_debito') }} as debit_account,
        {{ blank_to_null('ed_credit') }} as credit_account
    from source

)

select * from final
