-- The inbound document behind each payment (AP), by way of the authorisations (AD) that it pays: the number, series and supplier of
-- the AD are those of nf_sup. A payment of several documents has none of its own.

with authorisations as (

    select * from {{ source('raw_logix', 'ad_mestre') }}
    where {{ is_standing() }}

),

pairs as (

    select * from {{ source('raw_logix', 'ad_ap') }}
    where {{ is_standing() }}

),

receipts as (

    select * from {{ source('raw_logix', 'nf_sup') }}
    where {{ is_standing() }}

),

found as (

    select
        pairs._source as source,
        pairs.cod_empresa as branch_code,
        pairs.num_ap as payment_id,
        min(receipts._key) as erp_document_key,
        count(distinct receipts._key) as documents
    from pairs
    inner join authorisations
        on
            pairs._source = authorisations._source
            and pairs.cod_empresa = authorisations.cod_empresa
            and pairs.num_ad = authorisations.num_ad
    inner join receipts
        on
            authorisations._source = receipts._source
            and authorisations.cod_empresa = receipts.cod_empresa
            and {{ document_number('authorisations.num_nf') }} = receipts.num_nf
            and trim(authorisations.cod_fornecedor) = trim(receipts.cod_fornecedor)
            and coalesce(trim(authorisations.ser_nf), '') = coalesce(trim(receipts.ser_nf), '')
            and coalesce(authorisations.ssr_nf, 0) = coalesce(receipts.ssr_nf, 0)
    group by pairs._source, pairs.cod_empresa, pairs.num_ap

),

final as (

    select
        source,
        branch_code,
        payment_id,
        erp_document_key
    from found
    where documents = 1

)

select * from final
