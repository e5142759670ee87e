with branches as (

    select * from {{ ref('stg_settings__branches') }}

),

companies as (

    select * from {{ ref('stg_settings__companies') }}

),

zones as (

    select * from {{ ref('uf_timezones') }}

),

final as (

    select
        branches.company_cnpj,
        branches.company,
        branches.uf,
        coalesce(zones.time_zone, 'America/Sao_Paulo') as time_zone,
        companies.sync_activated_on
    from branches
    left join companies on branches.company = companies.company
    left join zones on branches.uf = zones.uf

)

select * from final
