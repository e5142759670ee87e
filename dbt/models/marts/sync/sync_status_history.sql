with intervals as (

    select * from {{ ref('int_sync__intervals') }}

),

final as (

    select
        access_key,
        company_cnpj,
        role as company_role,
        sync_status,
        cause,
        valid_from,
        nullif(valid_to, {{ forever() }}) as valid_to,
        known_from,
        nullif(known_to, {{ forever() }}) as known_to
    from intervals

)

select * from final
