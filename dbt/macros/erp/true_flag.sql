{#- Progress and its exports write a logical as 1, yes, sim or true; what is none of them is not true. -#}
{% macro true_flag(column) -%}
    coalesce(lower(trim(cast({{ column }} as varchar))) in ('1', 'true', 'yes', 'sim', 's', 'y', 't'), false)
{%- endmacro %}

{#- The letters and digits of a tax id that an ERP keeps with its punctuation. -#}
{% macro tax_id(column) -%}
    nullif(regexp_replace(upper({{ column }}), '[^0-9A-Z]', '', 'g'), '')
{%- endmacro %}
