with source as (

    select * from {{ source('raw_protheus', 'sds') }}

),

final as (

    select
        _source as source,
        _key as queue_key,
        _row_id as row_id,
        _version as version,
        _changed_at as changed_at,
        _inserted_at as inserted_at,
        _recorded_at as recorded_at,
        _superseded_at as superseded_at,
        _is_deleted as is_deleted,
        ds_filial as branch_code,
        upper({{ blank_to_null('ds_chavenf') }}) as access_key,
        coalesce(ds_status, '') as native_status,
        ds_dataimp as imported_on,
        ds_horaimp as imported_time,
        ds_valmerc as amount
    from source
    where {{ is_access_key("upper(trim(ds_chavenf))") }}

)

select * from final
