with source as (

    select * from {{ source('raw_protheus', 'sa1') }}

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
        'customer' as register,
        coalesce(a1_filial, '') as branch_code,
        a1_cod as partner_code,
        a1_loja as partner_store,
        a1_nome as partner_name,
        regexp_replace(upper(a1_cgc), '[^0-9A-Z]', '', 'g') as tax_id
    from source
    where _superseded_at is null and not _is_deleted

)

select * from final
