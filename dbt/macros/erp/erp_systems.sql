{#- The systems of vars.source_systems that are ERPs, as a list of literals. -#}
{% macro erp_systems() -%}
    {%- set systems = [] -%}
    {%- for system, facts in var('source_systems').items() if facts.kind == 'erp' -%}
        {%- do systems.append("'" ~ system ~ "'") -%}
    {%- endfor -%}
    ({{ systems | join(', ') }})
{%- endmacro %}

{#- The ERPs whose synchronisation the original product covers (S000-05), as a list of literals. -#}
{% macro arquivei_systems() -%}
    {%- set systems = [] -%}
    {%- for system, facts in var('source_systems').items() if facts.is_in_arquivei -%}
        {%- do systems.append("'" ~ system ~ "'") -%}
    {%- endfor -%}
    ({{ systems | join(', ') }})
{%- endmacro %}
