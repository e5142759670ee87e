{#- A word as it is compared: exports of some code pages lose its accents and its case. -#}
{% macro without_accents(column) -%}
    strip_accents(lower(trim({{ column }})))
{%- endmacro %}
