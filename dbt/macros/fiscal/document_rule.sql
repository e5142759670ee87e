{#-
    The documents in which two amounts that ought to be one are not: a rule of the seed document_rules, before its tolerance, models
    and dates, which int_fiscal_rules__broken applies. A part that is null makes the rule silent.
-#}
{% macro document_rule(rule, found, expected, applies=none, relation='documents', item="''") -%}
    select
        '{{ rule }}' as rule,
        access_key,
        {{ item }} as item,
        cast({{ found }} as decimal(38, 2)) as found_amount,
        cast({{ expected }} as decimal(38, 2)) as expected_amount,
        cast(null as varchar) as found_text,
        cast(null as varchar) as expected_text
    from {{ relation }}
    where
        {{ found }} <> {{ expected }}
        {%- if applies %}
        and {{ applies }}
        {%- endif %}
{%- endmacro %}

{#- The same for what is no amount: the two are told as text. -#}
{% macro document_rule_in_words(rule, breaks, found, expected, relation='documents', item="''") -%}
    select
        '{{ rule }}' as rule,
        access_key,
        {{ item }} as item,
        cast(null as decimal(38, 2)) as found_amount,
        cast(null as decimal(38, 2)) as expected_amount,
        {{ found }} as found_text,
        {{ expected }} as expected_text
    from {{ relation }}
    where {{ breaks }}
{%- endmacro %}
