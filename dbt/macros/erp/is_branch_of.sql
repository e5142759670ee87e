{#- Whether a row of int_branch_codes__resolved is the branch of a row of an ERP. -#}
{% macro is_branch_of(erp_row, branch_codes='branch_codes') -%}
    {{ erp_row }}.source = {{ branch_codes }}.source
            and {{ erp_row }}.branch_code = {{ branch_codes }}.branch_code
            and ({{ branch_codes }}.company_code is null or {{ branch_codes }}.company_code = {{ erp_row }}.company_code)
{%- endmacro %}

{#-
    Whether a row is of the company that its source is told to be (`company` in confere.yml): one database may hold several companies of
    an ERP (RM's coligadas), and each source speaks for its own. 01 and 1 are one company.
-#}
{% macro is_of_source_company(erp_row, sources='sources') -%}
    coalesce(ltrim({{ erp_row }}.company_code, '0') = ltrim({{ sources }}.company_code, '0'), true)
{%- endmacro %}
