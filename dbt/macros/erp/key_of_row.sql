{#-
    The entity key of another row of the same source, written as the store writes it: source|TABLE| and the key columns, an empty one kept. Null
    when `given` is, the part that names the row (the first unless said); where an ERP keeps numbers for keys, 0 and blanks are none, too.
    `parts` are SQL expressions.
-#}
{% macro key_of_row(table, parts, source='_source', zero_is_none=false, given=none) -%}
    {{ key_of_told_row("'" ~ table ~ "'", parts, source, zero_is_none, given) }}
{%- endmacro %}

{#- The same where a row tells which table it means: `table` is an SQL expression. -#}
{% macro key_of_told_row(table, parts, source='_source', zero_is_none=false, given=none) -%}
    {%- set named = given or parts[0] -%}
    {%- set first = "nullif(nullif(cast(" ~ named ~ " as varchar), ''), '0')" if zero_is_none else named -%}
    case
            when {{ first }} is not null
                then concat({{ source }}, '|', {{ table }}{% for part in parts %}, '|', coalesce(cast({{ part }} as varchar), ''){% endfor %})
        end
{%- endmacro %}
