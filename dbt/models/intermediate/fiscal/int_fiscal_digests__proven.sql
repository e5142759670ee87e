-- The digests that protocols bear, in production: SEFAZ judged what was signed over one of them.

with protocols as (

    select * from {{ ref('stg_fiscal_xml__protocols') }}
    where
        digest_value is not null
        and environment is distinct from '2'

),

final as (

    select
        access_key,
        digest_value
    from protocols
    group by access_key, digest_value

)

select * from final
