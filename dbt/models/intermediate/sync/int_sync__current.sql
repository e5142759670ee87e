-- One row per synchronisation row: its judgement at the as-of by all that is known, since when, and until when it could wait.

with classified as (

    select * from {{ ref('int_sync__classified') }}

),

sync_keys as (

    select * from {{ ref('int_sync__keys') }}

),

ranked as (

    select
        *,
        row_number() over (partition by access_key, company_cnpj, role order by known_at desc, valid_at desc) as recency
    from classified

),

latest as (

    select * from ranked
    where recency = 1

),

-- the last instant at which the status, whatever the cause, was another one
changes as (

    select
        classified.access_key,
        classified.company_cnpj,
        classified.role,
        min(classified.valid_at) as first_at,
        max(case when classified.sync_status <> latest.sync_status then classified.valid_at end) as last_other_at
    from classified
    inner join latest
        on
            classified.access_key = latest.access_key
            and classified.company_cnpj = latest.company_cnpj
            and classified.role = latest.role
            and classified.known_at = latest.known_at
    group by classified.access_key, classified.company_cnpj, classified.role

),

since as (

    select
        classified.access_key,
        classified.company_cnpj,
        classified.role,
        min(classified.valid_at) as status_since
    from classified
    inner join latest
        on
            classified.access_key = latest.access_key
            and classified.company_cnpj = latest.company_cnpj
            and classified.role = latest.role
            and classified.known_at = latest.known_at
    inner join changes
        on
            classified.access_key = changes.access_key
            and classified.company_cnpj = changes.company_cnpj
            and classified.role = changes.role
    where changes.last_other_at is null or classified.valid_at > changes.last_other_at
    group by classified.access_key, classified.company_cnpj, classified.role

),

final as (

    select
        latest.*,
        since.status_since,
        sync_keys.company,
        sync_keys.model,
        sync_keys.issued_at,
        sync_keys.sefaz_status,
        sync_keys.sefaz_status_at
    from latest
    inner join sync_keys
        on
            latest.access_key = sync_keys.access_key
            and latest.company_cnpj = sync_keys.company_cnpj
            and latest.role = sync_keys.role
    inner join since
        on
            latest.access_key = since.access_key
            and latest.company_cnpj = since.company_cnpj
            and latest.role = since.role

)

select * from final
