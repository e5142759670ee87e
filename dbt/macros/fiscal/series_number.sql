{#- '1  ', '001' and '1' are one series; a series of letters only, as services have, is no fiscal series. -#}
{% macro series_number(column) -%}
    try_cast(nullif(trim({{ column }}), '') as integer)
{%- endmacro %}

{#- '000012345' and '12345' are one number. -#}
{% macro document_number(column) -%}
    try_cast(nullif(trim({{ column }}), '') as bigint)
{%- endmacro %}
