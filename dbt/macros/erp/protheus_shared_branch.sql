{#-
    The branch under which a shared table keeps what belongs to an origin branch (xFilial): every level that SX2 says is shared
    is blank. Sharing mode is three letters, company, unit, branch, each E exclusive or C shared.
-#}
{% macro protheus_shared_branch(branch_code, sharing) -%}
    rtrim(
        case
            when {{ sharing }}.company_length + {{ sharing }}.unit_length + {{ sharing }}.branch_length = 0
                then case when substr({{ sharing }}.sharing_mode, 3, 1) = 'C' then '' else {{ branch_code }} end
            else
                case
                    when substr({{ sharing }}.sharing_mode, 1, 1) = 'C' then repeat(' ', {{ sharing }}.company_length)
                    else substr({{ branch_code }}, 1, {{ sharing }}.company_length)
                end
                || case
                    when substr({{ sharing }}.sharing_mode, 2, 1) = 'C' then repeat(' ', {{ sharing }}.unit_length)
                    else substr({{ branch_code }}, 1 + {{ sharing }}.company_length, {{ sharing }}.unit_length)
                end
                || case
                    when substr({{ sharing }}.sharing_mode, 3, 1) = 'C' then ''
                    else substr({{ branch_code }}, 1 + {{ sharing }}.company_length + {{ sharing }}.unit_length)
                end
        end
    )
{%- endmacro %}
