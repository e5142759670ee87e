{#-
    The entity key of another row of the same source, written as the store writes it: source|TABLE| and the key columns. Null when the first
    column is; `parts` are SQL expressions, a 0 stands for none where an ERP keeps numbers.
-#}
{% macro key_of_row(table, parts, source='_source') -%}
    case
            when nullif(cast({{ parts[0] }} as varchar), '0') is not null
                then concat({{ source }}, '|{{ table }}'{% for part in parts %}, '|', coalesce(cast({{ part }} as varchar), ''){% endfor %})
        end
{%- endmacro %}
