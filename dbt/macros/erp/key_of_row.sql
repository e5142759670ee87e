{#-
    The entity key of another row of the same source, written as the store writes it: source|TABLE| and the key columns, an empty one kept. Null
    when the first column is; where an ERP keeps numbers for keys, 0 and blanks are none, too. `parts` are SQL expressions.
-#}
{% macro key_of_row(table, parts, source='_source', zero_is_none=false) -%}
    {{ key_of_told_row("'" ~ table ~ "'", parts, source, zero_is_none) }}
{%- endmacro %}

{#- The same where a row tells which table it means: `table` is an SQL expression. -#}
{% macro key_of_told_row(table, parts, source='_source', zero_is_none=false) -%}
    {%- set first = "nullif(nullif(cast(" ~ parts[0] ~ " as varchar), ''), '0')" if zero_is_none else parts[0] -%}
    case
            when {{ first }} is not null
                then concat({{ source }}, '|', {{ table }}{% for part in parts %}, '|', coalesce(cast({{ part }} as varchar), ''){% endfor %})
        end
{%- endmacro %}
