with broken as (

    select * from {{ ref('int_fiscal_rules__broken') }}

),

rules as (

    select * from {{ ref('document_rules') }}

),

final as (

    select
        broken.access_key,
        broken.rule,
        broken.item,
        broken.model,
        broken.severity,
        rules.name_pt,
        rules.formula_pt,
        broken.found_amount,
        broken.expected_amount,
        broken.difference,
        broken.tolerance,
        broken.found_text,
        broken.expected_text,
        broken.issuer_id,
        broken.issue_date,
        broken.sefaz_status,
        broken.sefaz_status = 'authorised' as is_authorised
    from broken
    inner join rules on broken.rule = rules.rule

)

select * from final
