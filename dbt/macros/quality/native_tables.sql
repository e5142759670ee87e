{#-
    The native tables of every system, from their extraction contracts: a list of {system, stream, relation, key, amount, staged_as}.

    `staged_as` says how many of a table's rows become rows of a canonical entity: `entity` all of them, `part` some (the others are no
    entity, by design), `none` (a dictionary that staging only looks things up in). A contract says it in its meta, for all tables of a
    source or for one; where it does not, it is `untold`. A table that no entity's staging model reads is `none` without a word.

    Nothing is known while dbt still parses; the tables are made by the store, so that no order of building hangs on them.
-#}
{% macro native_tables() -%}
    {%- set tables = [] -%}
    {%- if execute -%}
        {%- set read_by_entities = sources_of_entities() -%}
        {%- for node in graph.sources.values() | sort(attribute='unique_id') -%}
            {%- set meta = node.config.get('meta') or node.get('meta') or {} -%}
            {%- if meta.get('native') -%}
                {%- set is_read = node.unique_id in read_by_entities -%}
                {%- do tables.append({
                    'system': meta.system,
                    'stream': meta.native,
                    'relation': node.relation_name,
                    'key': meta.key,
                    'amount': meta.get('amount'),
                    'staged_as': meta.get('staged_as', 'untold') if is_read else 'none',
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(tables) }}
{%- endmacro %}

{#- The sources that the staging models of canonical entities read, themselves or through bases. -#}
{% macro sources_of_entities() -%}
    {%- set found = [] -%}
    {%- for system, facts in var('source_systems').items() -%}
        {%- for entity in facts.entities -%}
            {%- do add_what_is_read('model.' ~ project_name ~ '.stg_' ~ system ~ '__' ~ entity, found) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Add to the list `found` all that a model reads, and what that reads. -#}
{% macro add_what_is_read(key, found) -%}
    {%- for parent in (graph.nodes[key].depends_on.nodes if key in graph.nodes else []) if parent not in found -%}
        {%- do found.append(parent) -%}
        {%- do add_what_is_read(parent, found) -%}
    {%- endfor -%}
{%- endmacro %}
