-- Which CNPJ a branch code of a source is: confere.yml first, the ERP's own table of branches where that leaves it open.

with configured as (

    select * from {{ ref('stg_settings__branch_codes') }}

),

registered as (

    {{ union_entity('branches') }}

),

sources as (

    select * from {{ ref('stg_settings__sources') }}

),

branches as (

    select * from {{ ref('int_branches__located') }}

),

-- two companies may use the same code in one source: then confere.yml alone does not say which is meant
configured_alone as (

    select
        source,
        branch_code,
        min(company_cnpj) as company_cnpj
    from configured
    group by source, branch_code
    having count(distinct company_cnpj) = 1

),

registered_ours as (

    select
        registered.source,
        registered.branch_code,
        min(registered.tax_id) as company_cnpj
    from registered
    inner join branches on registered.tax_id = branches.company_cnpj
    inner join sources on registered.source = sources.source
    where
        sources.company_code is null
        or registered.company_code is null
        or registered.company_code = sources.company_code
    group by registered.source, registered.branch_code
    having count(distinct registered.tax_id) = 1

),

final as (

    select
        coalesce(configured_alone.source, registered_ours.source) as source,
        coalesce(configured_alone.branch_code, registered_ours.branch_code) as branch_code,
        coalesce(configured_alone.company_cnpj, registered_ours.company_cnpj) as company_cnpj
    from configured_alone
    full outer join registered_ours
        on
            configured_alone.source = registered_ours.source
            and configured_alone.branch_code = registered_ours.branch_code

)

select * from final
