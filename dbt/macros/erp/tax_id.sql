{#- The letters and digits of a tax id that an ERP keeps with its punctuation. -#}
{% macro tax_id(column) -%}
    nullif(regexp_replace(upper({{ column }}), '[^0-9A-Z]', '', 'g'), '')
{%- endmacro %}
