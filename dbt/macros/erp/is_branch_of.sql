{#-
    Whether a row of int_branch_codes__resolved is the branch of a row of an ERP. Where the source is told to be one company of the
    ERP, the rows of its other companies are nobody's.
-#}
{% macro is_branch_of(erp_row, branch_codes='branch_codes') -%}
    {{ erp_row }}.source = {{ branch_codes }}.source
            and {{ erp_row }}.branch_code = {{ branch_codes }}.branch_code
            and ({{ branch_codes }}.company_code is null or {{ branch_codes }}.company_code = {{ erp_row }}.company_code)
            and (
                {{ branch_codes }}.source_company_code is null
                or {{ erp_row }}.company_code is null
                or ltrim({{ branch_codes }}.source_company_code, '0') = ltrim({{ erp_row }}.company_code, '0')
            )
{%- endmacro %}
