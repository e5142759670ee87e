{#- Not the same, where null is a value like any other. -#}
{% macro differs(one, other) -%}
    {{ one }} is distinct from {{ other }}
{%- endmacro %}
