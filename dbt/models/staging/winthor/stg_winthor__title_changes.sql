with source as (

    select * from {{ source('raw_winthor', 'pclogcr') }}

),

final as (

    select
        {{ envelope('winthor', 'change_key') }},
        {{ winthor_key('PCPREST', ['numtransvenda', 'prest']) }} as title_key,
        cast(codcli as varchar) as partner_code,
        duplic as title_number,
        data as changed_on,
        {{ blank_to_null('rotina') }} as routine,
        {{ blank_to_null('codfilial') }} as branch_code,
        valor as amount,
        dtvenc as due_on,
        {{ blank_to_null('codcob') }} as billing_code,
        {{ blank_to_null('codfunc') }} as changed_by
    from source

)

select * from final
