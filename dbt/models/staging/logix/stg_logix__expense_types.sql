-- The accounts of each expense type.

with source as (

    select * from {{ source('raw_logix', 'tipo_despesa') }}

),

final as (

    select
        {{ envelope('logix', 'expense_type_key') }},
        cod_empresa as branch_code,
        trim(cod_tip_despesa) as expense_type,
        nom_tip_despesa as expense_type_name,
        {{ blank_to_null('num_conta_deb') }} as debit_account,
        {{ blank_to_null('num_conta_cred') }} as credit_account
    from source

)

select * from final
