{#-
    The rows of a canonical entity over every ERP that has it: each system listed with that entity in vars.source_systems
    brings a model int_<system>__<entity>, whose columns the model that calls this fixes by its contract.
-#}
{% macro union_entity(entity) -%}
    {%- set systems = [] -%}
    {%- for system, facts in var('source_systems').items() if entity in facts.entities -%}
        {%- do systems.append(system) -%}
    {%- endfor -%}
    {%- for system in systems %}
    select * from {{ ref('int_' ~ system ~ '__' ~ entity) }}
    {%- if not loop.last %}
    union all by name
    {%- endif -%}
    {%- endfor %}
{%- endmacro %}

{#- The same as a relation to select from. -#}
{% macro union_entity_ref(entity) -%}
    (
        {{ union_entity(entity) }}
    )
{%- endmacro %}
