-- The accounts of a chart are in PCMODELOPC, by the reduced code that entries carry; some exports hold them under the chart's own name.

with accounts as (

    select * from {{ source('raw_winthor', 'pcmodelopc') }}
    where {{ is_standing() }}

),

charts as (

    select * from {{ source('raw_winthor', 'pcplanoconta') }}
    where {{ is_standing() }} and {{ blank_to_null('codreduzido_pc') }} is not null

),

final as (

    select
        {{ envelope('winthor', 'account_key') }},
        {{ blank_to_null('codreduzido_pc') }} as ledger_account,
        {{ blank_to_null('nome_conta') }} as account_name,
        coalesce(recebe_lancto = 'S', true) as is_analytic,
        case natureza when 'D' then 'debit' when 'C' then 'credit' end as normal_side
    from accounts

    union all

    select
        {{ envelope('winthor', 'account_key') }},
        {{ blank_to_null('codreduzido_pc') }} as ledger_account,
        {{ blank_to_null('nome_conta') }} as account_name,
        coalesce(recebe_lancto = 'S', true) as is_analytic,
        case natureza when 'D' then 'debit' when 'C' then 'credit' end as normal_side
    from charts

)

select * from final
