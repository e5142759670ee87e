{#-
    The 44 characters of an access key: cUF(2) AAMM(4) CNPJ(14) mod(2) serie(3) nNF(9) tpEmis(1) cNF(8) cDV(1).
    Letters are possible in the CNPJ since July 2026, so a key is text and is never stripped of anything but blanks.
-#}
{% macro is_access_key(column) -%}
    regexp_full_match({{ column }}, '[0-9]{6}[0-9A-Z]{12}[0-9]{26}')
{%- endmacro %}

{#- Whom a key says to have issued the document; a CPF is filled up with zeros. -#}
{% macro access_key_issuer(column) -%}
    case when {{ is_access_key(column) }} then substr({{ column }}, 7, 14) end
{%- endmacro %}

{% macro access_key_model(column) -%}
    substr({{ column }}, 21, 2)
{%- endmacro %}

{#-
    Check digit: weights 2 to 9 from the right over 43 characters, the value of a character its code minus 48 (MOC-CTe 7.3,
    NT Conjunta 2025.001); remainders 0 and 1 both give 0, which is what the two outer remainders below do.
-#}
{% macro has_valid_check_digit(column) -%}
    case
        when {{ is_access_key(column) }} then
            ascii(substr({{ column }}, 44, 1)) - 48 = (
                11 - (
                    {% for position in range(1, 44) -%}
                    (ascii(substr({{ column }}, {{ position }}, 1)) - 48) * {{ 2 + (43 - position) % 8 }}{{ ' + ' if not loop.last }}
                    {%- endfor %}
                ) % 11
            ) % 11 % 10
        else false
    end
{%- endmacro %}
