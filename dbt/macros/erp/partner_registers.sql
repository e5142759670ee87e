{#-
    Where one register holds customers and suppliers, with a number that tells which: 1 customer, 2 supplier, 3 both. The registers that a partner belongs to, as a relation to join
    its number with; one whose number says nothing is in none.
-#}
{% macro partner_registers() -%}
    (values (1, 'customer'), (2, 'supplier'), (3, 'customer'), (3, 'supplier')) as registers (kind, register)
{%- endmacro %}
