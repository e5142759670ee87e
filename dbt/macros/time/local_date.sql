{#- The calendar day of an instant for people in Brazil, where nothing says which branch is meant. -#}
{% macro local_date(instant) -%}
    cast(timezone('America/Sao_Paulo', {{ instant }}) as date)
{%- endmacro %}
