{#- A text as JSON: itself where it is JSON, else a JSON string; null stays null. -#}
{% macro as_json(text) -%}
    coalesce(try_cast({{ text }} as json), to_json({{ text }}))
{%- endmacro %}

{#- A value of a row that was kept as JSON, whose names are in capitals. -#}
{% macro kept_value(row, column) -%}
    json_extract_string(try_cast({{ row }} as json), '$."' || upper({{ column }}) || '"')
{%- endmacro %}

{#- One JSON object of the pairs of a group, in the order of `position`. -#}
{% macro object_of_pairs(key, value, position) -%}
    to_json(map(list({{ key }} order by {{ position }}), list({{ value }} order by {{ position }})))
{%- endmacro %}

{#- One row per part of a text, with its position from 1: a table expression of (part, position). -#}
{% macro parts_of(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}')) with ordinality
{%- endmacro %}

{#- What is wrong with a refused record, as a JSON list of one object. -#}
{% macro errors_json(reason, message, column, value) -%}
    json_array(json_object('reason', {{ reason }}, 'message', {{ message }}, 'column', {{ column }}, 'value', {{ value }}))
{%- endmacro %}
