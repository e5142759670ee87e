-- SA1 and SA2 as they stand now; the branch is blank where the register is shared.

with customers as (

    select * from {{ source('raw_protheus', 'sa1') }}
    where {{ is_standing() }}

),

suppliers as (

    select * from {{ source('raw_protheus', 'sa2') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('protheus', 'partner_key') }},
        'customer' as register,
        coalesce(a1_filial, '') as branch_code,
        a1_cod as partner_code,
        a1_loja as partner_store,
        a1_nome as partner_name,
        {{ tax_id('a1_cgc') }} as tax_id,
        {{ blank_to_null('a1_est') }} as uf,
        {{ blank_to_null('a1_conta') }} as ledger_account,
        coalesce(a1_msblql = '1', false) as is_blocked
    from customers

    union all

    select
        {{ envelope('protheus', 'partner_key') }},
        'supplier' as register,
        coalesce(a2_filial, '') as branch_code,
        a2_cod as partner_code,
        a2_loja as partner_store,
        a2_nome as partner_name,
        {{ tax_id('a2_cgc') }} as tax_id,
        {{ blank_to_null('a2_est') }} as uf,
        {{ blank_to_null('a2_conta') }} as ledger_account,
        coalesce(a2_msblql = '1', false) as is_blocked
    from suppliers

)

select * from final
