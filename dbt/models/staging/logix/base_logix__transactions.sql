-- What the other tables of sales need to know of the transaction that they belong to, as it stands or stood last.

with source as (

    select * from {{ source('raw_logix', 'fat_nf_mestre') }}

),

ranked as (

    select
        _key as erp_document_key,
        coalesce(status_nota_fiscal, '') = 'S' as is_solicitation,
        {{ local_date('dat_hor_emissao') }} as issued_on,
        row_number() over (partition by _source, _key order by _version desc) as recency
    from source

),

final as (

    select
        erp_document_key,
        is_solicitation,
        issued_on
    from ranked
    where recency = 1

)

select * from final
