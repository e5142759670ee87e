{#- 00:00 of a date in a time zone, as an instant. -#}
{% macro local_midnight(date_column, time_zone) -%}
    timezone({{ time_zone }}, cast({{ date_column }} as timestamp))
{%- endmacro %}

{#- A date and a time of day as ERPs keep them ('HH:MM' or 'HH:MM:SS'), in a time zone, as an instant; no time means 00:00. -#}
{% macro local_instant(date_column, time_column, time_zone) -%}
    timezone(
        {{ time_zone }},
        try_cast(
            strftime({{ date_column }}, '%Y-%m-%d') || ' ' || coalesce(nullif(trim({{ time_column }}), ''), '00:00:00') as timestamp
        )
    )
{%- endmacro %}
