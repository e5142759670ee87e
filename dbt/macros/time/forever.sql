{#- Open ends of intervals while they are compared; a published row shows them as null. -#}
{% macro forever() -%}
    timestamptz '9999-12-31 00:00:00+00'
{%- endmacro %}
