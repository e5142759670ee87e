-- The key of each refused row of a table, as far as the row as it came tells it.

with refusals as (

    select * from {{ ref('stg_quality__refusals') }}

),

sources as (

    select * from {{ ref('stg_settings__sources') }}

),

tables as (

    select * from {{ ref('stg_quality__tables') }}

),

key_columns as (

    select
        tables.system,
        tables.stream,
        parts.part as key_column,
        parts.position
    from tables
    cross join {{ parts_of('tables.key_columns', '|') }} as parts (part, position)

),

pairs as (

    select
        refusals.quarantine_id,
        key_columns.key_column,
        key_columns.position,
        {{ kept_value('refusals.raw_text', 'key_columns.key_column') }} as key_value
    from refusals
    inner join sources on refusals.source = sources.source
    inner join key_columns
        on
            sources.system = key_columns.system
            and refusals.stream = key_columns.stream

),

final as (

    select
        quarantine_id,
        {{ object_of_pairs('key_column', 'key_value', 'position') }} as crosswalk
    from pairs
    group by quarantine_id
    having count(key_value) > 0

)

select * from final
