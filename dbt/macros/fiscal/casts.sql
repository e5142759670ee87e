{#- Text of the XML to its type. What does not convert is null here and a failing row of the staging tests. -#}
{% macro xml_amount(column, precision=18, scale=2) -%}
    try_cast({{ column }} as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}

{#-
    Instants of the XML. Old CT-e and events carry no offset; those are read in the zone of the key's UF.
    dEmi of old layouts has a date only.
-#}
{% macro xml_instant(column, time_zone) -%}
    case
        when {{ column }} is null then null
        when regexp_matches({{ column }}, '(Z|[+-][0-9]{2}:?[0-9]{2})$') and length({{ column }}) > 10
            then try_cast({{ column }} as timestamptz)
        else timezone({{ time_zone }}, try_cast({{ column }} as timestamp))
    end
{%- endmacro %}

{#- The fiscal date is the one written in the document, in its own offset. -#}
{% macro xml_date(column) -%}
    try_cast(left({{ column }}, 10) as date)
{%- endmacro %}
