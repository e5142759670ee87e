{#- A list of the entries that are not null. -#}
{% macro compact_list(entries) -%}
    list_filter(list_value({{ entries | join(', ') }}), entry -> entry is not null)
{%- endmacro %}
