-- Every production document that was read and counts at the as-of stands in the mart, and nothing else does.

with clock as (

    select * from {{ ref('stg_settings__clock') }}

),

counted as (

    select documents.access_key
    from {{ ref('stg_fiscal_xml__documents') }} as documents
    cross join clock
    where
        coalesce(documents.environment, '1') <> '2'
        and coalesce(documents.issued_at <= clock.as_of, true)
    group by documents.access_key

)

select
    coalesce(counted.access_key, published.access_key) as access_key,
    counted.access_key is null as is_without_source
from counted
full outer join {{ ref('documents') }} as published on counted.access_key = published.access_key
where counted.access_key is null or published.access_key is null
