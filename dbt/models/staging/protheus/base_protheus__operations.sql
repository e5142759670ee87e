with source as (

    select * from {{ source('raw_protheus', 'fka') }}
    where {{ is_standing() }}

),

final as (

    select
        _source as source,
        trim(fka_tabori) as origin_table,
        trim(fka_idorig) as origin_id,
        min({{ key_of_row('FKA', ['trim(fka_idproc)']) }}) as operation_key
    from source
    where {{ blank_to_null('fka_idproc') }} is not null
    group by _source, trim(fka_tabori), trim(fka_idorig)

)

select * from final
