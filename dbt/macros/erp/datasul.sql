{#- The first element of a Progress extent: SQL-92 hands all of them over in one text, separated by semicolons; an export of single elements has the first alone. -#}
{% macro datasul_first_of_extent(column, data_type) -%}
    try_cast(nullif(trim(split_part({{ column }}, ';', 1)), '') as {{ data_type }})
{%- endmacro %}

{#-
    The access key in a column that is 60 wide: what leads (blanks, the NFe or CTe of the XML's Id), stands between (separators) and follows is dropped. What holds no key stays
    as it came.
-#}
{% macro datasul_access_key(column) -%}
    coalesce(
            nullif(
                regexp_extract(
                    regexp_replace(upper({{ column }}), '[^0-9A-Z]', '', 'g'), '^(NFE|CTE)?([0-9]{6}[0-9A-Z]{12}[0-9]{26})', 2
                ),
                ''
            ),
            upper({{ blank_to_null(column) }})
        )
{%- endmacro %}

{#- Progress and its exports write a logical as 1, yes, sim or true; what is none of them is not true. -#}
{% macro datasul_flag(column) -%}
    coalesce(lower(trim(cast({{ column }} as varchar))) in ('1', 'true', 'yes', 'sim', 's', 'y', 't'), false)
{%- endmacro %}

{#- The currency of an amount: the name of the country's own is BRL, a foreign one is shown as it came. -#}
{% macro datasul_currency(column) -%}
    case
            when {{ without_accents(column) }} in ('real', 'reais', 'r$', 'brl') then 'BRL'
            else {{ blank_to_null(column) }}
        end
{%- endmacro %}
