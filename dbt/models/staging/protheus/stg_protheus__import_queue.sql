with source as (

    select * from {{ source('raw_protheus', 'sds') }}

),

final as (

    select
        {{ envelope('protheus', 'queue_key') }},
        ds_filial as branch_code,
        upper({{ blank_to_null('ds_chavenf') }}) as access_key,
        coalesce(ds_status, '') as native_status,
        ds_dataimp as imported_on,
        ds_horaimp as imported_time,
        -- P: the document was made; I: it exists already. Any other letter means that it waits (DS_STATUS).
        not _is_deleted and coalesce(ds_status, '') not in ('P', 'I') as is_pending,
        ds_valmerc as amount,
        ds_valmerc as native_amount
    from source
    where {{ is_access_key("upper(trim(ds_chavenf))") }}

)

select * from final
