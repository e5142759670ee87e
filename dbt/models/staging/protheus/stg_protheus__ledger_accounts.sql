with source as (

    select * from {{ source('raw_protheus', 'ct1') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'account_key') }},
        coalesce(ct1_filial, '') as branch_code,
        {{ blank_to_null('ct1_conta') }} as ledger_account,
        {{ blank_to_null('ct1_desc01') }} as account_name,
        coalesce(ct1_classe = '2', false) as is_analytic,
        -- a contra account stands among the assets and is credited: this, not its group, gives the sign
        case ct1_normal when '1' then 'debit' when '2' then 'credit' end as normal_side,
        {{ blank_to_null('ct1_ctasup') }} as parent_account,
        coalesce(ct1_bloq = '1', false) as is_blocked
    from source

)

select * from final
