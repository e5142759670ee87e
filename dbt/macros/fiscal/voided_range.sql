{#-
    Whether a number lies in a range of int_fiscal_numbers__voided, joined under the name `voided`. Another year's range is another
    number; where either side names no year, the rest decides.
-#}
{% macro in_voided_range(issuer_id, model, series, number, year) -%}
    voided.issuer_id = {{ issuer_id }}
    and voided.model = {{ model }}
    and voided.series = {{ series }}
    and {{ number }} between voided.first_number and voided.last_number
    and coalesce(voided.year = {{ year }}, true)
{%- endmacro %}
