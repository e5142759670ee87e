-- Every rule of the catalogue that a production document breaks, with the two amounts that ought to be one. The catalogue says which
-- models and dates a rule is for and what difference it bears; here stands only what is compared with what.

{% set sums = {
    'nfe_discount': ('discount_amount', 'discount_sum'),
    'nfe_freight': ('freight_amount', 'freight_sum'),
    'nfe_insurance': ('insurance_amount', 'insurance_sum'),
    'nfe_other': ('other_amount', 'other_sum'),
    'nfe_icms': ('icms_amount', 'icms_sum'),
    'nfe_icms_st': ('icms_st_amount', 'icms_st_sum'),
    'nfe_ipi': ('ipi_amount', 'ipi_sum'),
    'nfe_pis': ('(pis_amount + coalesce(services_pis_amount, 0))', 'pis_sum'),
    'nfe_cofins': ('(cofins_amount + coalesce(services_cofins_amount, 0))', 'cofins_sum'),
    'ibs_cbs_base_total': ('ibs_cbs_base_amount', 'ibs_cbs_base_sum'),
    'ibs_total': ('ibs_amount', '(coalesce(ibs_uf_sum, 0) + coalesce(ibs_mun_sum, 0))'),
} %}
{% set same_named_sums = [
    'ibs_uf', 'ibs_mun', 'cbs', 'ibs_uf_deferred', 'ibs_uf_returned', 'ibs_mun_deferred', 'ibs_mun_returned',
    'cbs_deferred', 'cbs_returned', 'ibs_presumed_credit', 'ibs_suspended_credit', 'cbs_presumed_credit', 'cbs_suspended_credit',
    'ibs_mono', 'cbs_mono', 'ibs_mono_withheld', 'cbs_mono_withheld', 'ibs_mono_before', 'cbs_mono_before',
    'ibs_reversed_credit', 'cbs_reversed_credit', 'is',
] %}
{% for name in same_named_sums %}
{% do sums.update({name ~ '_total': (name ~ '_amount', name ~ '_sum')}) %}
{% endfor %}

with totalled as (

    select * from {{ ref('int_fiscal_documents__totalled') }}

),

items as (

    select * from {{ ref('stg_fiscal_xml__items') }}

),

item_taxes as (

    select * from {{ ref('stg_fiscal_xml__item_taxes') }}

),

rules as (

    select * from {{ ref('document_rules') }}

),

-- an element that a layout leaves out counts as nothing
documents as (

    select
        *,
        coalesce(products_amount, 0) - coalesce(discount_amount, 0)
        + case
            when is_direct_vehicle_sale then 0
            else
                coalesce(icms_st_amount, 0) + coalesce(fcp_st_amount, 0)
                + coalesce(icms_mono_withheld_amount, 0) + coalesce(ipi_returned_amount, 0)
        end
        + coalesce(freight_amount, 0) + coalesce(insurance_amount, 0) + coalesce(other_amount, 0) + coalesce(import_tax_amount, 0)
        + coalesce(ipi_amount, 0) + coalesce(services_amount, 0) + coalesce(added_st_sum, 0) as computed_amount,
        total_amount + case
            when date_part('year', issue_date) >= 2027 then coalesce(ibs_amount, 0) + coalesce(cbs_amount, 0)
            else 0
        end as computed_final_amount,
        -- the key as the rest of the document would have it; up to NF-e 1.10 the code had nine digits and no tpEmis before it
        coalesce(lpad(uf_code, 2, '0'), substr(access_key, 1, 2))
        || coalesce(strftime(issue_date, '%y%m'), substr(access_key, 3, 4))
        || substr(access_key, 7, 14)
        || coalesce(model, substr(access_key, 21, 2))
        || coalesce(
            case when series < 1000 then lpad(cast(series as varchar), 3, '0') else cast(series as varchar) end,
            substr(access_key, 23, 3)
        )
        || coalesce(
            case when number < 1000000000 then lpad(cast(number as varchar), 9, '0') else cast(number as varchar) end,
            substr(access_key, 26, 9)
        )
        || case
            when length(key_code) = 9 then key_code
            else
                coalesce(emission_type, substr(access_key, 35, 1))
                || coalesce(
                    case when length(key_code) < 8 then lpad(key_code, 8, '0') else key_code end,
                    substr(access_key, 36, 8)
                )
        end
        || coalesce(key_digit, substr(access_key, 44, 1)) as computed_key
    from totalled

),

described_items as (

    select
        documents.access_key,
        documents.content_sha256,
        documents.ordinal,
        documents.direction,
        documents.issue_date,
        coalesce(cast(items.item as varchar), '') as item,
        items.item as item_number,
        items.cfop,
        items.gross_amount,
        items.discount_amount,
        items.freight_amount,
        items.insurance_amount,
        items.other_amount,
        items.total_amount,
        -- 11 digits before the point and 4 and 10 behind it are all that the layout has; what is longer is no quantity
        round(
            try_cast(items.quantity as decimal(15, 4)) * try_cast(items.unit_price as decimal(21, 10)), 2
        ) as computed_amount
    from documents
    inner join items
        on
            documents.content_sha256 = items.content_sha256
            and documents.ordinal = items.ordinal
    where documents.model in ('55', '65')

),

-- only items that tell their total: it is new and optional
taxes_of_items as (

    select
        described_items.access_key,
        described_items.item,
        sum(
            case
                when item_taxes.tax in ('ICMS_ST', 'FCP_ST', 'ICMS_MONO_WITHHELD', 'II', 'IPI', 'IPI_RETURNED') then item_taxes.amount
                when item_taxes.tax in ('PIS_ST', 'COFINS_ST') and item_taxes.adds_to_total then item_taxes.amount
                when
                    item_taxes.tax in ('IBS_UF', 'IBS_MUN', 'CBS', 'IS', 'IBS_MONO', 'CBS_MONO')
                    and date_part('year', described_items.issue_date) >= 2027
                    then item_taxes.amount
            end
        ) as added_sum,
        sum(case when item_taxes.tax = 'ICMS_RELIEF' then item_taxes.amount end) as relief_sum
    from described_items
    inner join item_taxes
        on
            described_items.content_sha256 = item_taxes.content_sha256
            and described_items.ordinal = item_taxes.ordinal
            and described_items.item_number = item_taxes.item
    where described_items.total_amount is not null
    group by described_items.access_key, described_items.item

),

totalled_items as (

    select
        described_items.access_key,
        described_items.item,
        described_items.total_amount,
        described_items.gross_amount - coalesce(described_items.discount_amount, 0) + coalesce(described_items.freight_amount, 0)
        + coalesce(described_items.insurance_amount, 0) + coalesce(described_items.other_amount, 0)
        + coalesce(taxes_of_items.added_sum, 0) as computed_amount,
        coalesce(taxes_of_items.relief_sum, 0) as relief_sum
    from described_items
    left join taxes_of_items
        on
            described_items.access_key = taxes_of_items.access_key
            and described_items.item = taxes_of_items.item
    where described_items.total_amount is not null

),

cte_icms as (

    select
        documents.access_key,
        sum(item_taxes.amount) as icms_amount,
        sum(round(item_taxes.base_amount * item_taxes.rate / 100, 2)) as computed_amount
    from documents
    inner join item_taxes
        on
            documents.content_sha256 = item_taxes.content_sha256
            and documents.ordinal = item_taxes.ordinal
    where
        documents.model in ('57', '67')
        and item_taxes.tax = 'ICMS'
        and item_taxes.base_amount is not null
        and item_taxes.rate is not null
    group by documents.access_key

),

found as (

    -- relief (desoneração) is taken off by some issuers and not by others, and SEFAZ takes both
    {{ document_rule(
        'nfe_total', 'total_amount',
        'case when abs(total_amount - computed_amount) <= abs(total_amount - computed_amount + coalesce(icms_relief_amount, 0))
            then computed_amount else computed_amount - coalesce(icms_relief_amount, 0) end',
        applies='not has_import and products_amount is not null'
    ) }}

    union all

    {{ document_rule('nfe_products', '(products_amount + coalesce(services_amount, 0))', 'gross_sum') }}

    {% for rule, (found, expected) in sums.items() %}
    union all

    {{ document_rule(rule, found, 'coalesce(' ~ expected ~ ', 0)', applies='item_count > 0') }}

    {% endfor %}
    union all

    {{ document_rule('nfe_final_total', 'final_amount', 'item_total_sum') }}

    union all

    {{ document_rule('billing_net', 'billing_net_amount', '(billing_original_amount - coalesce(billing_discount_amount, 0))') }}

    union all

    {{ document_rule('instalments_net', 'instalment_sum', 'billing_net_amount') }}

    union all

    {{ document_rule('instalments_total', 'instalment_sum', 'total_amount') }}

    union all

    {{ document_rule(
        'payments_total', '(payment_sum - coalesce(change_amount, 0))', 'total_amount', applies='not is_without_payment'
    ) }}

    union all

    {{ document_rule('cte_receivable', 'receivable_amount', 'total_amount', applies='receivable_amount > total_amount') }}

    union all

    {{ document_rule('cte_limit', 'total_amount', '9999999.99', applies='total_amount > 9999999.99') }}

    union all

    {{ document_rule('cte_components', 'component_sum', 'total_amount') }}

    union all

    {{ document_rule('cte_os_valuables', 'valuables_sum', 'total_amount') }}

    union all

    {{ document_rule('cte_final_total', 'final_amount', 'computed_final_amount') }}

    union all

    {{ document_rule('cte_icms', 'icms_amount', 'computed_amount', relation='cte_icms') }}

    union all

    {{ document_rule(
        'nfe_item_product', 'gross_amount', 'computed_amount', relation='described_items', item='item'
    ) }}

    union all

    {{ document_rule(
        'nfe_item_total', 'total_amount',
        'case when abs(total_amount - computed_amount) <= abs(total_amount - computed_amount + relief_sum)
            then computed_amount else computed_amount - relief_sum end',
        relation='totalled_items', item='item'
    ) }}

    union all

    {{ document_rule_in_words(
        'item_direction',
        "(direction = '0' and left(cfop, 1) in ('5', '6', '7')) or (direction = '1' and left(cfop, 1) in ('1', '2', '3'))",
        "'CFOP ' || cfop", "case direction when '0' then 'CFOP de entrada' else 'CFOP de saída' end",
        relation='described_items', item='item'
    ) }}

    union all

    {{ document_rule_in_words(
        'item_numbers',
        'item_count > 0 and (item_numbers <> item_count or first_item < 1 or last_item > 990)',
        "item_count || ' itens, ' || item_numbers || ' números, de ' || coalesce(first_item, 0) || ' a ' || coalesce(last_item, 0)",
        "'de 1 a 990, sem repetição'"
    ) }}

    union all

    {{ document_rule_in_words(
        'ibs_cbs_presence', 'item_count > 0 and has_ibs_cbs <> (ibs_cbs_base_amount is not null)',
        "case when ibs_cbs_base_amount is null then 'sem IBSCBSTot' else 'com IBSCBSTot' end",
        "case when has_ibs_cbs then 'com IBSCBSTot' else 'sem IBSCBSTot' end"
    ) }}

    union all

    {{ document_rule_in_words(
        'is_presence', 'item_count > 0 and has_is <> (is_amount is not null)',
        "case when is_amount is null then 'sem ISTot' else 'com ISTot' end",
        "case when has_is then 'com ISTot' else 'sem ISTot' end"
    ) }}

    union all

    {{ document_rule_in_words(
        'received_after_issue', "received_at < issued_at - interval '5 minutes'",
        'cast(received_at as varchar)', 'cast(issued_at as varchar)'
    ) }}

    union all

    {{ document_rule_in_words(
        'digest', 'digest_value is not null and protocol_digest is not null and not is_digest_proven', 'protocol_digest', 'digest_value'
    ) }}

    union all

    {{ document_rule_in_words('protocol_key', 'protocol_key <> access_key', 'protocol_key', 'access_key') }}

    union all

    {{ document_rule_in_words('key_fields', 'length(access_key) = 44 and computed_key <> access_key', 'computed_key', 'access_key') }}

    union all

    -- a note issued by a tax office bears the office's CNPJ, one by a person a CPF; NFF (tpEmis 3) bears the platform's
    {{ document_rule_in_words(
        'key_issuer',
        "length(access_key) = 44 and substr(access_key, 7, 14) not in (
            lpad(coalesce(issuer_id, ''), 14, '0'), lpad(coalesce(issuing_authority_id, issuer_id, ''), 14, '0')
        )
        and issuer_id is not null and emission_type is distinct from '3'",
        'issuer_id', 'substr(access_key, 7, 14)'
    ) }}

    union all

    {{ document_rule_in_words('key_digit', 'not has_valid_check_digit', 'substr(access_key, 44, 1)', "'outro'") }}

),

judged as (

    select
        found.access_key,
        found.rule,
        found.item,
        totalled.model,
        rules.severity,
        found.found_amount,
        found.expected_amount,
        found.found_amount - found.expected_amount as difference,
        rules.tolerance * case when rules.is_tolerance_per_item then greatest(totalled.item_count, 1) else 1 end as tolerance,
        found.found_text,
        found.expected_text,
        totalled.issuer_id,
        totalled.issue_date,
        totalled.sefaz_status,
        -- two items may bear one number
        row_number() over (
            partition by found.access_key, found.rule, found.item order by abs(found.found_amount - found.expected_amount) desc
        ) as preference
    from found
    inner join rules on found.rule = rules.rule
    inner join totalled on found.access_key = totalled.access_key
    where
        strpos(rules.models, totalled.model) > 0
        and coalesce(totalled.issue_date >= rules.applies_from, true)

),

final as (

    select
        access_key,
        rule,
        item,
        model,
        severity,
        try_cast(found_amount as decimal(18, 2)) as found_amount,
        try_cast(expected_amount as decimal(18, 2)) as expected_amount,
        try_cast(difference as decimal(18, 2)) as difference,
        cast(case when found_amount is not null then tolerance end as decimal(18, 2)) as tolerance,
        found_text,
        expected_text,
        issuer_id,
        issue_date,
        sefaz_status
    from judged
    where
        preference = 1
        and coalesce(abs(difference) > tolerance, true)

)

select * from final
