{#- A rule of documents holds everywhere. Returns the documents that break it; a broken rule is a row of the business, so it only warns. -#}
{% test rule_holds(model, rule) %}

{{ config(severity='warn') }}

select
    access_key,
    item,
    severity,
    found_amount,
    expected_amount,
    difference,
    found_text,
    expected_text
from {{ model }}
where rule = '{{ rule }}'

{% endtest %}
