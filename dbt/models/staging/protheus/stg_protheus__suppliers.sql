with source as (

    select * from {{ source('raw_protheus', 'sa2') }}

),

final as (

    select
        _source as source,
        _key as partner_key,
        _row_id as row_id,
        _version as version,
        _changed_at as changed_at,
        _inserted_at as inserted_at,
        _recorded_at as recorded_at,
        _superseded_at as superseded_at,
        _is_deleted as is_deleted,
        'supplier' as register,
        coalesce(a2_filial, '') as branch_code,
        a2_cod as partner_code,
        a2_loja as partner_store,
        a2_nome as partner_name,
        regexp_replace(upper(a2_cgc), '[^0-9A-Z]', '', 'g') as tax_id
    from source
    where _superseded_at is null and not _is_deleted

)

select * from final
