{#- ERPs keep "nothing" as blanks, never as NULL. -#}
{% macro blank_to_null(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}
