with queue as (

    select * from {{ ref('stg_protheus__import_queue') }}

),

final as (

    select
        *,
        -- P: the document was made; I: it exists already. Any other letter means that it waits (DS_STATUS).
        not is_deleted and native_status not in ('P', 'I') as is_pending
    from queue

)

select * from final
