with source as (

    select * from {{ source('raw_protheus', 'sx6') }}

),

final as (

    select
        _source as source,
        _key as parameter_key,
        _row_id as row_id,
        _version as version,
        _changed_at as changed_at,
        _recorded_at as recorded_at,
        _superseded_at as superseded_at,
        _is_deleted as is_deleted,
        trim(x6_fil) as branch_code,
        trim(x6_var) as parameter,
        x6_tipo as parameter_type,
        trim(x6_conteud) as value
    from source

)

select * from final
