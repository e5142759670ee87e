{#-
    What `envelope` gave a relation, carried on from it; the key apart, whose name is the entity's. Where one row gives several of an entity, `part`
    is the SQL of what tells them apart.
-#}
{% macro carried_envelope(relation, part=none) -%}
    {{ relation }}.source,
        {{ relation }}.system,
        {% if part %}concat({{ relation }}.row_id, '|', {{ part }}) as row_id{% else %}{{ relation }}.row_id{% endif %},
        {{ relation }}.version,
        {{ relation }}.changed_at,
        {{ relation }}.inserted_at,
        {{ relation }}.recorded_at,
        {{ relation }}.superseded_at,
        {{ relation }}.is_deleted
{%- endmacro %}
