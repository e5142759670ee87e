with source as (

    select * from {{ source('raw_protheus', 'ct5') }}

),

final as (

    select
        {{ envelope('protheus', 'rule_key') }},
        coalesce(ct5_filial, '') as branch_code,
        ct5_lanpad as posting_rule,
        ct5_sequen as sequence,
        {{ blank_to_null('ct5_desc') }} as description,
        coalesce(ct5_status = '1', false) as is_active,
        {{ protheus_side('ct5_dc') }} as side,
        {{ blank_to_null('ct5_debito') }} as debit_formula,
        {{ blank_to_null('ct5_credit') }} as credit_formula,
        {{ blank_to_null('ct5_vlr01') }} as amount_formula,
        {{ blank_to_null('ct5_hist') }} as history_formula,
        {{ blank_to_null('ct5_origem') }} as origin,
        {{ blank_to_null('ct5_tpsald') }} as balance_type
    from source

)

select * from final
