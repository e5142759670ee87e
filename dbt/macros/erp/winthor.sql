{#- The entity key of another row of Winthor, whose keys begin with a number: 0 is none. -#}
{% macro winthor_key(table, parts, source='_source') -%}
    {{ key_of_row(table, parts, source, zero_is_none=true) }}
{%- endmacro %}

{#- The entity key of the operation behind a leg of the posting's workbench: some tables have a key of one part, some of two. -#}
{% macro winthor_origin_key() -%}
    {%- set table = 'upper(' ~ blank_to_null('tabelagestao') ~ ')' -%}
    {%- set first = blank_to_null('chavegestao') -%}
    {%- set second = blank_to_null('chavegestaoaux') -%}
    case
            when {{ table }} is null then null
            when {{ second }} is null then {{ key_of_told_row(table, [first]) }}
            else {{ key_of_told_row(table, [first, second]) }}
        end
{%- endmacro %}

{#- What SEFAZ says of a document by Winthor's columns: of a CT-e the one of CT-e, of any other the one of NF-e. -#}
{% macro winthor_sefaz_status(relation='') -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    coalesce(
            case when {{ blank_to_null(prefix ~ 'chavecte') }} is not null then {{ blank_to_null(prefix ~ 'situacaocte') }} end,
            {{ blank_to_null(prefix ~ 'situacaonfe') }},
            {{ blank_to_null(prefix ~ 'situacaocte') }}
        )
{%- endmacro %}
