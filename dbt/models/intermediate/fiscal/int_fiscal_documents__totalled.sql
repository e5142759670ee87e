-- Production documents with what their parts add up to: items, taxes, instalments, payments, components, and what protocols say beside
-- them. Worked out once, for every rule that compares a total with its parts.

{% set tax_sums = [
    'ICMS', 'ICMS_ST', 'IPI', 'PIS', 'COFINS', 'IBS_UF', 'IBS_MUN', 'CBS', 'IS',
    'IBS_UF_DEFERRED', 'IBS_UF_RETURNED', 'IBS_MUN_DEFERRED', 'IBS_MUN_RETURNED', 'CBS_DEFERRED', 'CBS_RETURNED',
    'IBS_PRESUMED_CREDIT', 'IBS_SUSPENDED_CREDIT', 'CBS_PRESUMED_CREDIT', 'CBS_SUSPENDED_CREDIT',
    'IBS_MONO', 'CBS_MONO', 'IBS_MONO_WITHHELD', 'CBS_MONO_WITHHELD', 'IBS_MONO_BEFORE', 'CBS_MONO_BEFORE',
    'IBS_REVERSED_CREDIT', 'CBS_REVERSED_CREDIT',
] %}

with documents as (

    select * from {{ ref('int_fiscal_documents__judged') }}

),

items as (

    select
        content_sha256,
        ordinal,
        count(*) as item_count,
        count(distinct item) as item_numbers,
        min(item) as first_item,
        max(item) as last_item,
        sum(gross_amount) filter (where is_in_total) as gross_sum,
        sum(discount_amount) as discount_sum,
        sum(freight_amount) as freight_sum,
        sum(insurance_amount) as insurance_sum,
        sum(other_amount) as other_sum,
        sum(total_amount) as item_total_sum,
        bool_or(cfop like '3%') as has_import,
        bool_or(vehicle_operation = '2') as is_direct_vehicle_sale
    from {{ ref('stg_fiscal_xml__items') }}
    group by content_sha256, ordinal

),

item_taxes as (

    select
        content_sha256,
        ordinal,
        sum(case when tax in ('PIS_ST', 'COFINS_ST') and adds_to_total then amount end) as added_st_sum,
        {% for tax in tax_sums -%}
        sum(case when tax = '{{ tax }}' then amount end) as {{ tax | lower }}_sum,
        {% endfor -%}
        sum(case when tax = 'IBS_UF' then base_amount end) as ibs_cbs_base_sum,
        count(case when tax in ('IBS_UF', 'IBS_MUN', 'CBS', 'IBS_MONO', 'CBS_MONO') then item end) > 0 as has_ibs_cbs,
        count(case when tax = 'IS' then item end) > 0 as has_is
    from {{ ref('stg_fiscal_xml__item_taxes') }}
    group by content_sha256, ordinal

),

instalments as (

    select
        content_sha256,
        ordinal,
        sum(amount) as instalment_sum
    from {{ ref('stg_fiscal_xml__instalments') }}
    group by content_sha256, ordinal

),

payments as (

    select
        content_sha256,
        ordinal,
        sum(amount) as payment_sum,
        bool_or(method = '90') as is_without_payment
    from {{ ref('stg_fiscal_xml__payments') }}
    group by content_sha256, ordinal

),

components as (

    select
        content_sha256,
        ordinal,
        sum(case when kind = 'service' then amount end) as component_sum,
        sum(case when kind = 'gtve' then amount end) as valuables_sum
    from {{ ref('stg_fiscal_xml__components') }}
    group by content_sha256, ordinal

),

issuing_authorities as (

    select
        content_sha256,
        ordinal,
        min(tax_id) as issuing_authority_id
    from {{ ref('stg_fiscal_xml__parties') }}
    where role = 'issuing_authority'
    group by content_sha256, ordinal

),

protocols as (

    select * from {{ ref('stg_fiscal_xml__protocols') }}
    where environment is distinct from '2'

),

-- a document may have several protocols, from several files: one that fits is enough
proven as (

    select * from {{ ref('int_fiscal_digests__proven') }}

),

of_keys as (

    select
        access_key,
        min(digest_value) as protocol_digest,
        min(case when n_prot is not null then received_at end) as received_at
    from protocols
    group by access_key

),

-- the one protocol beside the one document of a file
of_files as (

    select
        content_sha256,
        min(access_key) as protocol_key
    from protocols
    where n_prot is not null
    group by content_sha256
    having min(access_key) = max(access_key)

),

final as (

    select
        documents.*,
        coalesce(items.item_count, 0) as item_count,
        items.item_numbers,
        items.first_item,
        items.last_item,
        items.gross_sum,
        items.discount_sum,
        items.freight_sum,
        items.insurance_sum,
        items.other_sum,
        items.item_total_sum,
        coalesce(items.has_import, false) as has_import,
        coalesce(items.is_direct_vehicle_sale, false) as is_direct_vehicle_sale,
        item_taxes.added_st_sum,
        {% for tax in tax_sums -%}
        item_taxes.{{ tax | lower }}_sum,
        {% endfor -%}
        item_taxes.ibs_cbs_base_sum,
        coalesce(item_taxes.has_ibs_cbs, false) as has_ibs_cbs,
        coalesce(item_taxes.has_is, false) as has_is,
        instalments.instalment_sum,
        payments.payment_sum,
        coalesce(payments.is_without_payment, false) as is_without_payment,
        components.component_sum,
        components.valuables_sum,
        issuing_authorities.issuing_authority_id,
        of_keys.protocol_digest,
        proven.access_key is not null as is_digest_proven,
        of_keys.received_at,
        -- in a lot the protocol may be another document's
        case when documents.wrapper like '%Proc' and documents.ordinal = 0 then of_files.protocol_key end as protocol_key
    from documents
    left join items
        on
            documents.content_sha256 = items.content_sha256
            and documents.ordinal = items.ordinal
    left join item_taxes
        on
            documents.content_sha256 = item_taxes.content_sha256
            and documents.ordinal = item_taxes.ordinal
    left join instalments
        on
            documents.content_sha256 = instalments.content_sha256
            and documents.ordinal = instalments.ordinal
    left join payments
        on
            documents.content_sha256 = payments.content_sha256
            and documents.ordinal = payments.ordinal
    left join components
        on
            documents.content_sha256 = components.content_sha256
            and documents.ordinal = components.ordinal
    left join issuing_authorities
        on
            documents.content_sha256 = issuing_authorities.content_sha256
            and documents.ordinal = issuing_authorities.ordinal
    left join of_keys on documents.access_key = of_keys.access_key
    left join proven
        on
            documents.access_key = proven.access_key
            and documents.digest_value = proven.digest_value
    left join of_files on documents.content_sha256 = of_files.content_sha256

)

select * from final
