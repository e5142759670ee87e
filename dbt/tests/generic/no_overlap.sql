{#- Intervals of one key never overlap in both times at once. Returns the pairs that do. -#}
{% test no_overlap(model, key) %}

select
    {% for column in key -%}
    earlier.{{ column }},
    {% endfor -%}
    earlier.valid_from,
    earlier.known_from
from {{ model }} as earlier
inner join {{ model }} as later
    on
        {% for column in key -%}
        earlier.{{ column }} = later.{{ column }} and
        {% endfor -%}
        (earlier.valid_from, earlier.known_from) < (later.valid_from, later.known_from)
where
    later.valid_from < coalesce(earlier.valid_to, {{ forever() }})
    and earlier.valid_from < coalesce(later.valid_to, {{ forever() }})
    and later.known_from < coalesce(earlier.known_to, {{ forever() }})
    and earlier.known_from < coalesce(later.known_to, {{ forever() }})

{% endtest %}
