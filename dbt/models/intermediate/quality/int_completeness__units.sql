-- Units of fiscal XML: what the reader found in the payloads, beside what stands in the store and in staging.

{%- set kinds = ['documents', 'protocols', 'events', 'summaries', 'voided_ranges'] %}

with payloads as (

    select * from {{ ref('stg_fiscal_xml__payloads') }}

),

found as (

    {% for kind in kinds %}
    select
        source,
        '{{ kind }}' as stream,
        sum({{ kind }}) as found_rows
    from payloads
    group by source
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

staged as (

    {% for kind in kinds %}
    select
        source,
        '{{ kind }}' as stream,
        count(*) as staged_rows,
        {{ 'sum(total_amount)' if kind == 'documents' else 'cast(null as decimal(18, 2))' }} as staged_amount
    from {{ ref('stg_fiscal_xml__' ~ kind) }}
    group by source
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        coalesce(found.source, staged.source) as source,
        coalesce(found.stream, staged.stream) as stream,
        cast(coalesce(found.found_rows, 0) as bigint) as found_rows,
        coalesce(staged.staged_rows, 0) as staged_rows,
        cast(staged.staged_amount as decimal(38, 2)) as staged_amount
    from found
    full outer join staged
        on
            found.source = staged.source
            and found.stream = staged.stream

)

select * from final
