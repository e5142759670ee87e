{#-
    The branch that a row belongs to: its own (*_FILIAL), or the origin branch where its table is shared, wholly or at the lower levels,
    and its own says less.
-#}
{% macro protheus_branch(own, origin) -%}
    case
            when substr(coalesce({{ origin }}, ''), 1, length(coalesce({{ own }}, ''))) = coalesce({{ own }}, '') then coalesce({{ origin }}, '')
            else {{ own }}
        end
{%- endmacro %}

{#- The branch under which another table keeps what belongs to the origin branch; a table of which nothing is known is shared as this one. -#}
{% macro protheus_branch_in(sharing, own, origin) -%}
    coalesce({{ protheus_shared_branch(origin, sharing) }}, {{ own }}, '')
{%- endmacro %}
