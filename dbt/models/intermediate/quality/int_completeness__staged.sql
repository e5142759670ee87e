-- What stands live in the store, table by table, beside what of it the canonical entities hold.

with stored as (

    select * from {{ ref('stg_quality__stored_rows') }}

),

staged_versions as (

    select * from {{ ref('int_completeness__staged_versions') }}

),

tables as (

    select * from {{ ref('stg_quality__tables') }}

),

sources as (

    select * from {{ ref('stg_settings__sources') }}

),

compared as (

    select
        stored.source,
        stored.stream,
        stored.key_number,
        stored.amount,
        staged_versions.version is not null as is_staged,
        -- a row that is in no entity leaves open whether entities have the amount
        stored.has_amount and coalesce(staged_versions.has_amount, true) as has_amount,
        -- of two entities that tell different amounts, the wrong one is to be seen
        case
            when {{ differs('staged_versions.least_amount', 'stored.amount') }} then staged_versions.least_amount
            else staged_versions.most_amount
        end as staged_amount
    from stored
    left join staged_versions on stored.version = staged_versions.version

),

counted as (

    select
        source,
        stream,
        count(*) as live_rows,
        sum(amount) as live_amount,
        {{ key_set_hash('key_number') }} as live_key_hash,
        count(*) filter (where is_staged) as staged_rows,
        case when bool_or(has_amount) then coalesce(sum(staged_amount) filter (where is_staged), 0) end as staged_amount,
        {{ key_set_hash('case when is_staged then key_number end') }} as staged_key_hash
    from compared
    group by source, stream

),

-- a table of which nothing stands is none the less complete, or not
final as (

    select
        sources.source,
        tables.stream,
        tables.staged_as,
        coalesce(counted.live_rows, 0) as live_rows,
        cast(case when tables.has_amount then coalesce(counted.live_amount, 0) end as decimal(38, 2)) as live_amount,
        coalesce(counted.live_key_hash, 0) as live_key_hash,
        coalesce(counted.staged_rows, 0) as staged_rows,
        cast(counted.staged_amount as decimal(38, 2)) as staged_amount,
        coalesce(counted.staged_key_hash, 0) as staged_key_hash
    from sources
    inner join tables on sources.system = tables.system
    left join counted
        on
            sources.source = counted.source
            and tables.stream = counted.stream

)

select * from final
