with source as (

    select * from {{ source('raw_protheus', 'sx2') }}

),

final as (

    select
        _source as source,
        _key as table_key,
        _row_id as row_id,
        _version as version,
        _changed_at as changed_at,
        _inserted_at as inserted_at,
        _recorded_at as recorded_at,
        _superseded_at as superseded_at,
        _is_deleted as is_deleted,
        x2_chave as alias,
        coalesce(x2_modoemp, 'E') || coalesce(x2_modoun, 'E') || coalesce(x2_modo, 'E') as sharing_mode,
        coalesce(x2_tamemp, 0) as company_length,
        coalesce(x2_tamun, 0) as unit_length,
        coalesce(x2_tamfil, 0) as branch_length
    from source
    where _superseded_at is null and not _is_deleted

)

select * from final
