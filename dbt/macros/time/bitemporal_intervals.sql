{#-
    Versions of rows as rectangles of time: when a version holds in the world (valid) and when that was what we knew (known).

    relation: columns row_id, version_number, valid_from, recorded_at and whatever else travels along.
    Returns every column of the relation plus valid_to, known_from, known_to, all filled (open ends are forever()).

    A version ends in the world where the earliest of its successors begins, as far as they were known: a successor recorded
    later cuts the version short only from its own recording on. A successor that begins no later than the version itself
    (a retroactive change) replaces it wholly, again only from its recording on.
-#}
{% macro bitemporal_intervals(relation) -%}
    (
        with pairs as (

            select
                version.row_id,
                version.version_number,
                version.valid_from,
                later.version_number as as_known_with,
                later.recorded_at as known_from,
                coalesce(
                    min(case when later.version_number > version.version_number then later.valid_from end) over (
                        partition by version.row_id, version.version_number
                        order by later.version_number
                        rows between unbounded preceding and current row
                    ),
                    {{ forever() }}
                ) as valid_to,
                coalesce(
                    lead(later.recorded_at) over (
                        partition by version.row_id, version.version_number order by later.version_number
                    ),
                    {{ forever() }}
                ) as known_to
            from {{ relation }} as version
            inner join {{ relation }} as later
                on
                    version.row_id = later.row_id
                    and version.version_number <= later.version_number

        ),

        -- later versions that do not move the end belong to one rectangle
        rectangles as (

            select
                row_id,
                version_number,
                valid_to,
                min(known_from) as known_from,
                max(known_to) as known_to
            from pairs
            where valid_from < valid_to and known_from < known_to
            group by row_id, version_number, valid_to

        )

        select
            version.*,
            rectangles.valid_to,
            rectangles.known_from,
            rectangles.known_to
        from {{ relation }} as version
        inner join rectangles
            on
                version.row_id = rectangles.row_id
                and version.version_number = rectangles.version_number
    )
{%- endmacro %}
