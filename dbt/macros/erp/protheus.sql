{#-
    The branch that a row belongs to: its own (*_FILIAL), or the origin branch where its table is shared, wholly or at the lower levels,
    and its own says less.
-#}
{% macro protheus_branch(own, origin) -%}
    case
            when substr(coalesce({{ origin }}, ''), 1, length(coalesce({{ own }}, ''))) = coalesce({{ own }}, '') then coalesce({{ origin }}, '')
            else {{ own }}
        end
{%- endmacro %}

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

{#- The branch under which another table keeps what belongs to the origin branch; a table of which nothing is known is shared as this one. -#}
{% macro protheus_branch_in(sharing, own, origin) -%}
    coalesce({{ protheus_shared_branch(origin, sharing) }}, {{ own }}, '')
{%- endmacro %}

{#-
    The key of the title that a movement names, in the table of titles given (SE1, SE2), whose branch is the movement's origin as far as
    that table is exclusive. Only a payable has its partner in the key.
-#}
{% macro protheus_title_key(movement, sharing, table) -%}
    {%- set parts = [protheus_branch_in(sharing, movement ~ '.own_branch', movement ~ '.origin_branch')] -%}
    {%- for column in ['title_prefix', 'title_number', 'instalment', 'title_type'] + (['partner_code', 'partner_store'] if table == 'SE2' else []) -%}
        {%- do parts.append(movement ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ key_of_row(table, parts, source=movement ~ '.source') }}
{%- endmacro %}

{#- The key of the bank account that a row names. -#}
{% macro protheus_bank_account_key(row, sharing, branch) -%}
    {{ key_of_row(
            'SA6',
            [protheus_branch_in(sharing, row ~ '.' ~ branch, row ~ '.' ~ branch), row ~ '.bank_code', row ~ '.agency', row ~ '.account'],
            source=row ~ '.source'
        ) }}
{%- endmacro %}

{#-
    Which side a movement's title is on: its table of origin says so, else the title that is found, else the direction, which a reversal
    turns round.
-#}
{% macro protheus_title_side(movement, receivable, payable) -%}
    {%- set is_receivable -%}
        coalesce({{ receivable }}.title_key is not null and {{ movement }}.partner_code in ('', {{ receivable }}.partner_code), false)
    {%- endset -%}
    case
            when {{ movement }}.origin_table = 'FK1' then 'receivable'
            when {{ movement }}.origin_table = 'FK2' then 'payable'
            when {{ is_receivable }} and {{ payable }}.title_key is null then 'receivable'
            when {{ payable }}.title_key is not null and not {{ is_receivable }} then 'payable'
            when ({{ movement }}.direction = 'R') <> ({{ movement }}.is_reversal or {{ movement }}.kind = 'wallet_return') then 'receivable'
            else 'payable'
        end
{%- endmacro %}

{#- A currency, which is numbered from 1, the country's own. -#}
{% macro protheus_currency(column) -%}
    case
            when coalesce(ltrim(trim(cast({{ column }} as varchar)), '0'), '') in ('', '1') then 'BRL'
            else lpad(trim(cast({{ column }} as varchar)), 2, '0')
        end
{%- endmacro %}

{#- A record number that is kept as text; blank and zero are none. -#}
{% macro protheus_record(column) -%}
    nullif(try_cast(trim({{ column }}) as bigint), 0)
{%- endmacro %}

{#- As key_of_row, of a record that is known by its number and a table that stands in a column; null where either is none. -#}
{% macro protheus_record_key(source, table, record) -%}
    {{ source }} || '|' || {{ table }} || '|' || cast({{ record }} as varchar)
{%- endmacro %}

{#- The side of a rule or of a trace; 3 is both at once. -#}
{% macro protheus_side(column) -%}
    case {{ column }} when '1' then 'debit' when '2' then 'credit' when '3' then 'both' end
{%- endmacro %}
