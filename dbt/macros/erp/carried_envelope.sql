{#- What `envelope` gave a relation, carried on from it; the key apart, whose name is the entity's. -#}
{% macro carried_envelope(relation) -%}
    {{ relation }}.source,
        {{ relation }}.system,
        {{ relation }}.row_id,
        {{ relation }}.version,
        {{ relation }}.changed_at,
        {{ relation }}.inserted_at,
        {{ relation }}.recorded_at,
        {{ relation }}.superseded_at,
        {{ relation }}.is_deleted
{%- endmacro %}
