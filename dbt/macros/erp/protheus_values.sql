{#- A currency, which is numbered from 1, the country's own. -#}
{% macro protheus_currency(column) -%}
    case
            when coalesce(ltrim(trim(cast({{ column }} as varchar)), '0'), '') in ('', '1') then 'BRL'
            else lpad(trim(cast({{ column }} as varchar)), 2, '0')
        end
{%- endmacro %}

{#- The key of a record that is known by its number alone; null where the text holds none. -#}
{% macro protheus_record_key(source, table, record) -%}
    {{ source }} || '|' || {{ table }} || '|' || cast({{ record }} as varchar)
{%- endmacro %}

{#- A record number that is kept as text; blank and zero are none. -#}
{% macro protheus_record(column) -%}
    nullif(try_cast(trim({{ column }}) as bigint), 0)
{%- endmacro %}

{#- The side of a rule or of a trace; 3 is both at once. -#}
{% macro protheus_side(column) -%}
    case {{ column }} when '1' then 'debit' when '2' then 'credit' when '3' then 'both' end
{%- endmacro %}
