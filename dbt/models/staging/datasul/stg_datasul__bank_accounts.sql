-- The holders of titles (portador): a bank as receivables know it.

with source as (

    select * from {{ source('raw_datasul', 'portador') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ envelope('datasul', 'bank_account_key') }},
        coalesce({{ blank_to_null('cod_banco') }}, {{ blank_to_null('cod_portador') }}) as bank_code,
        {{ blank_to_null('cod_portador') }} as account,
        nom_abrev as account_name
    from source

)

select * from final
