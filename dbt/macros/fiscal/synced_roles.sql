{#- The roles in which a CNPJ of ours makes a row of the synchronisation, as a list of literals. -#}
{% macro synced_roles() -%}
    ('{{ var('synced_roles') | join("', '") }}')
{%- endmacro %}
