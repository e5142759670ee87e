with source as (

    select * from {{ source('raw_fiscal_xml', 'documents') }}

),

zones as (

    select * from {{ ref('uf_timezones') }}

),

final as (

    select
        source._source as source,
        source._content_sha256 as content_sha256,
        source._ordinal as ordinal,
        source._recorded_at as recorded_at,
        source.access_key,
        source.environment,
        source.model,
        source.layout_version,
        source.wrapper,
        source.uf_code,
        try_cast(source.series as integer) as series,
        try_cast(source.number as bigint) as number,
        {{ xml_instant("source.issued_at", "coalesce(zones.time_zone, 'America/Sao_Paulo')") }} as issued_at,
        {{ xml_date('source.issued_at') }} as issue_date,
        source.operation,
        source.direction,
        source.purpose,
        source.emission_type,
        source.service_type,
        source.modal,
        source.cfop,
        source.issuer_id,
        source.issuer_name,
        source.issuer_uf,
        source.recipient_id,
        source.recipient_name,
        source.recipient_uf,
        source.taker_id,
        source.taker_role,
        {{ xml_amount('source.total_amount') }} as total_amount,
        {{ xml_amount('source.products_amount') }} as products_amount,
        {{ xml_amount('source.discount_amount') }} as discount_amount,
        {{ xml_amount('source.freight_amount') }} as freight_amount,
        {{ xml_amount('source.insurance_amount') }} as insurance_amount,
        {{ xml_amount('source.other_amount') }} as other_amount,
        {{ xml_amount('source.icms_base_amount') }} as icms_base_amount,
        {{ xml_amount('source.icms_amount') }} as icms_amount,
        {{ xml_amount('source.icms_st_amount') }} as icms_st_amount,
        {{ xml_amount('source.fcp_st_amount') }} as fcp_st_amount,
        {{ xml_amount('source.icms_relief_amount') }} as icms_relief_amount,
        {{ xml_amount('source.ipi_amount') }} as ipi_amount,
        {{ xml_amount('source.ipi_returned_amount') }} as ipi_returned_amount,
        {{ xml_amount('source.import_tax_amount') }} as import_tax_amount,
        {{ xml_amount('source.pis_amount') }} as pis_amount,
        {{ xml_amount('source.cofins_amount') }} as cofins_amount,
        {{ xml_amount('source.services_amount') }} as services_amount,
        {{ xml_amount('source.ibs_cbs_base_amount') }} as ibs_cbs_base_amount,
        {{ xml_amount('source.ibs_uf_amount') }} as ibs_uf_amount,
        {{ xml_amount('source.ibs_mun_amount') }} as ibs_mun_amount,
        {{ xml_amount('source.ibs_amount') }} as ibs_amount,
        {{ xml_amount('source.cbs_amount') }} as cbs_amount,
        {{ xml_amount('source.is_amount') }} as is_amount,
        {{ xml_amount('source.final_amount') }} as final_amount,
        {{ xml_amount('source.receivable_amount') }} as receivable_amount,
        {{ xml_amount('source.cargo_amount') }} as cargo_amount,
        {{ xml_amount('source.billing_original_amount') }} as billing_original_amount,
        {{ xml_amount('source.billing_discount_amount') }} as billing_discount_amount,
        {{ xml_amount('source.billing_net_amount') }} as billing_net_amount,
        source.billing_number,
        source.order_number,
        source.digest_value,
        source.additional_info,
        {{ has_valid_check_digit('source.access_key') }} as has_valid_check_digit
    from source
    left join zones on substr(source.access_key, 1, 2) = zones.uf_code

)

select * from final
