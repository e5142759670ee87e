with source as (

    select * from {{ source('raw_protheus', 'c00') }}

),

final as (

    select
        _source as source,
        _key as manifestation_key,
        _row_id as row_id,
        _version as version,
        _changed_at as changed_at,
        _inserted_at as inserted_at,
        _recorded_at as recorded_at,
        _superseded_at as superseded_at,
        _is_deleted as is_deleted,
        c00_filial as branch_code,
        upper({{ blank_to_null('c00_chvnfe') }}) as access_key,
        {{ blank_to_null('c00_status') }} as native_status,
        c00_dtrec as received_on
    from source

)

select * from final
