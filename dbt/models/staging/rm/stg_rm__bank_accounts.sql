with source as (

    select * from {{ source('raw_rm', 'fcxa') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('rm', 'bank_account_key') }},
        cast(codcoligada as varchar) as company_code,
        {{ blank_to_null('numbanco') }} as bank_code,
        {{ blank_to_null('numagencia') }} as agency,
        coalesce({{ blank_to_null('nroconta') }}, {{ blank_to_null('codcxa') }}) as account,
        descricao as account_name,
        'BRL' as currency
    from source

)

select * from final
