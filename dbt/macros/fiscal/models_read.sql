{#- The models of fiscal documents that an ERP posts and whose XML is read, as a list of literals. -#}
{% macro models_read() -%}
    ('{{ var('models_read') | join("', '") }}')
{%- endmacro %}
