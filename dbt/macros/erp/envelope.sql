{#- What the store says of every row of a table of an ERP, as staging carries it on; `key` is what the entity calls the row's key. -#}
{% macro envelope(system, key) -%}
    _source as source,
        '{{ system }}' as system,
        _key as {{ key }},
        _row_id as row_id,
        _version as version,
        _changed_at as changed_at,
        _inserted_at as inserted_at,
        _recorded_at as recorded_at,
        _superseded_at as superseded_at,
        _is_deleted as is_deleted
{%- endmacro %}

{#- The rows that an ERP holds now, for a register whose past nobody asks for. -#}
{% macro is_standing() -%}
    (_superseded_at is null and not _is_deleted)
{%- endmacro %}

{#- The version of a row that holds now, of what still stands in the ERP and of what is gone from it. -#}
{% macro is_current() -%}
    _superseded_at is null
{%- endmacro %}
