{#-
    The number of a key whose sum over rows is the hash of a key set, whatever their order: the lower 64 bits of its MD5, as the store
    counts them when rows come in.
-#}
{% macro key_number(key) -%}
    md5_number_lower({{ key }})
{%- endmacro %}

{#- The hash of the key set over key numbers; 0 without rows. -#}
{% macro key_set_hash(number) -%}
    cast(coalesce(sum({{ number }}), 0) as decimal(38, 0))
{%- endmacro %}
