with source as (

    select * from {{ source('raw_protheus', 'sys_company') }}

),

final as (

    select
        _source as source,
        _key as branch_key,
        _row_id as row_id,
        _version as version,
        _changed_at as changed_at,
        _inserted_at as inserted_at,
        _recorded_at as recorded_at,
        _superseded_at as superseded_at,
        _is_deleted as is_deleted,
        m0_codigo as company_code,
        m0_codfil as branch_code,
        regexp_replace(upper(m0_cgc), '[^0-9A-Z]', '', 'g') as tax_id
    from source
    where _superseded_at is null and not _is_deleted

)

select * from final
