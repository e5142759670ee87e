{#-
    The rows of a canonical entity over every ERP that has it: each system listed with that entity in vars.source_systems brings a
    model stg_<system>__<entity>. The contract of the model that calls this fixes the columns: one that a system does not bring is
    null, one that the contract does not know, or of another type, fails by name. A system that the workspace does not have feeds
    nothing.
-#}
{% macro union_entity(entity) -%}
    {%- set systems = [] -%}
    {%- for system, facts in var('source_systems').items() if entity in facts.entities and system not in var('unused_systems') -%}
        {%- do systems.append(system) -%}
    {%- endfor -%}
    select
    {%- for column in model.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}
        {%- if not loop.last %},{% endif -%}
    {%- endfor %}
    where false
    {%- for system in systems %}

    union all by name

    select * from {{ ref('stg_' ~ system ~ '__' ~ entity) }}
    {%- endfor -%}
{%- endmacro %}
