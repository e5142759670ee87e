{#-
    A tax id as Logix keeps it, in 19 characters: 0 and the punctuated CNPJ (012.345.678/0001-95), or a CPF laid out likewise with 0000 for
    the branch, which no CNPJ has (123.456.789/0000-09). Anything else is taken as it is, without its punctuation.
-#}
{% macro logix_tax_id(column) -%}
    case
        when length({{ tax_id(column) }}) <> 15 then {{ tax_id(column) }}
        when substr({{ tax_id(column) }}, 10, 4) = '0000' then substr({{ tax_id(column) }}, 1, 9) || substr({{ tax_id(column) }}, 14, 2)
        when substr({{ tax_id(column) }}, 1, 1) = '0' then substr({{ tax_id(column) }}, 2)
        else {{ tax_id(column) }}
    end
{%- endmacro %}

{#- A CFOP as every ERP has it: Logix keeps it with a dot ('1.206'). -#}
{% macro logix_cfop(column) -%}
    nullif(regexp_replace({{ column }}, '[^0-9]', '', 'g'), '')
{%- endmacro %}

{#- Whether a row of base_logix__partners tells who a code is, of the register where the code is looked for. -#}
{% macro logix_answers(partners, wanted_register) -%}
    case {{ wanted_register }}
                when 'customer' then {{ partners }}.answers_for_customers
                when 'supplier' then {{ partners }}.answers_for_suppliers
            end
{%- endmacro %}
