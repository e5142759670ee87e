-- Which CNPJ a branch code of a source is: confere.yml first, the ERP's own table of branches where that leaves it open.

with configured as (

    select * from {{ ref('stg_settings__branch_codes') }}

),

registered as (

    select * from {{ ref('int_erp_branches__unioned') }}

),

sources as (

    select * from {{ ref('stg_settings__sources') }}

),

branches as (

    select * from {{ ref('int_branches__located') }}

),

registered_ours as (

    select
        registered.source,
        registered.company_code,
        registered.branch_code,
        registered.tax_id as company_cnpj
    from registered
    inner join branches on registered.tax_id = branches.company_cnpj
    inner join sources on registered.source = sources.source
    where
        sources.company_code is null
        or registered.company_code is null
        or registered.company_code = sources.company_code

),

-- the same code in two companies of one ERP (RM's coligadas) is two branches, and only the ERP tells them apart
shared_codes as (

    select
        source,
        branch_code
    from registered_ours
    group by source, branch_code
    having count(distinct company_cnpj) > 1

),

-- two companies may use the same code in one source: then confere.yml alone does not say which is meant
configured_alone as (

    select
        configured.source,
        configured.branch_code,
        min(configured.company_cnpj) as company_cnpj
    from configured
    left join shared_codes
        on
            configured.source = shared_codes.source
            and configured.branch_code = shared_codes.branch_code
    where shared_codes.source is null
    group by configured.source, configured.branch_code
    having count(distinct configured.company_cnpj) = 1

),

registered_alone as (

    select
        source,
        cast(null as varchar) as company_code,
        branch_code,
        min(company_cnpj) as company_cnpj
    from registered_ours
    group by source, branch_code
    having count(distinct company_cnpj) = 1

    union all

    select
        registered_ours.source,
        registered_ours.company_code,
        registered_ours.branch_code,
        min(registered_ours.company_cnpj) as company_cnpj
    from registered_ours
    inner join shared_codes
        on
            registered_ours.source = shared_codes.source
            and registered_ours.branch_code = shared_codes.branch_code
    group by registered_ours.source, registered_ours.company_code, registered_ours.branch_code
    having count(distinct registered_ours.company_cnpj) = 1

),

-- one code for every ERP: what is 01 in one is 1 in another
respelled as (

    select
        source,
        ltrim(branch_code, '0') as branch_code,
        company_cnpj
    from configured_alone
    where regexp_full_match(branch_code, '0*[1-9][0-9]?')

    union all

    select
        source,
        lpad(ltrim(branch_code, '0'), 2, '0') as branch_code,
        company_cnpj
    from configured_alone
    where regexp_full_match(branch_code, '0*[1-9][0-9]?')

),

told as (

    select source, company_code, branch_code, company_cnpj, 2 as preference from registered_alone
    union all
    select source, null as company_code, branch_code, company_cnpj, 1 as preference from configured_alone
    union all
    select source, null as company_code, branch_code, min(company_cnpj) as company_cnpj, 3 as preference from respelled
    group by source, branch_code
    having count(distinct company_cnpj) = 1

),

ranked as (

    select
        *,
        row_number() over (partition by source, company_code, branch_code order by preference) as place
    from told

),

final as (

    select
        ranked.source,
        ranked.company_code,
        ranked.branch_code,
        ranked.company_cnpj
    from ranked
    left join shared_codes
        on
            ranked.source = shared_codes.source
            and ranked.branch_code = shared_codes.branch_code
    where
        ranked.place = 1
        -- of a shared code only the company tells whose it is
        and (shared_codes.source is null or ranked.company_code is not null)

)

select * from final
