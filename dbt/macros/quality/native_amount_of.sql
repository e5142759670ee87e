{#- The control amount of an entity's rows, null where its contract has none: registers are counted only. -#}
{% macro native_amount_of(model_name) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ model_name) if execute else none -%}
    {{ 'native_amount' if node and 'native_amount' in node.columns else 'cast(null as decimal(18, 2))' }}
{%- endmacro %}

{#- Whether an entity's rows have a control amount, as a literal. -#}
{% macro has_native_amount(model_name) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ model_name) if execute else none -%}
    {{ 'true' if node and 'native_amount' in node.columns else 'false' }}
{%- endmacro %}
