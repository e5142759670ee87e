{#-
    The key of the title that a movement names, in the table of titles given (SE1, SE2), whose branch is the movement's origin as far as
    that table is exclusive. Only a payable has its partner in the key.
-#}
{% macro protheus_title_key(movement, sharing, table) -%}
    {{ movement }}.source || '|{{ table }}|' || {{ protheus_branch_in(sharing, movement ~ '.own_branch', movement ~ '.origin_branch') }}
        || '|' || {{ movement }}.title_prefix || '|' || {{ movement }}.title_number
        || '|' || {{ movement }}.instalment || '|' || {{ movement }}.title_type
        {%- if table == 'SE2' %} || '|' || {{ movement }}.partner_code || '|' || {{ movement }}.partner_store{% endif %}
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
