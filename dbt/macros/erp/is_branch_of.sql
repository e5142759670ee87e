{#- Whether a row of int_branch_codes__resolved is the branch of a row of an ERP. -#}
{% macro is_branch_of(erp_row, branch_codes='branch_codes') -%}
    {{ erp_row }}.source = {{ branch_codes }}.source
            and {{ erp_row }}.branch_code = {{ branch_codes }}.branch_code
            and ({{ branch_codes }}.company_code is null or {{ branch_codes }}.company_code = {{ erp_row }}.company_code)
{%- endmacro %}
