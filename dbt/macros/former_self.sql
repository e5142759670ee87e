{#- The table that this model built at the last run, or none: for the one model that remembers. -#}
{% macro former_self(relation) -%}
    {%- if execute and relation -%}
        {{ return(load_relation(relation)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
