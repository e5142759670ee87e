with source as (

    select * from {{ source('raw_protheus', 'sx5') }}
    where {{ is_standing() }}

),

final as (

    select
        _source as source,
        trim(x5_tabela) as code_table,
        trim(x5_chave) as code,
        min(trim(x5_descri)) as description
    from source
    group by _source, trim(x5_tabela), trim(x5_chave)

)

select * from final
