-- For each document that another one replaced: that one, and the last of the chain, as they stand at the as-of.

with recursive substitutions as (

    select * from {{ ref('int_fiscal_documents__substitutions') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

standing as (

    select
        substitutions.access_key,
        substitutions.substitute_key,
        row_number() over (
            partition by substitutions.access_key
            order by min(substitutions.valid_from) desc, substitutions.substitute_key
        ) as preference
    from substitutions
    cross join clock
    where
        substitutions.substitute_key is not null
        and substitutions.valid_from <= clock.as_of
        and substitutions.valid_to > clock.as_of
        and substitutions.known_to = {{ forever() }}
    group by substitutions.access_key, substitutions.substitute_key

),

steps as (

    select
        access_key,
        substitute_key
    from standing
    where preference = 1

),

-- a chain that runs in a circle is an error of whoever wrote it, and ends somewhere all the same
walk as (

    select
        access_key,
        substitute_key,
        substitute_key as current_key,
        1 as depth
    from steps

    union all

    select
        walk.access_key,
        walk.substitute_key,
        steps.substitute_key as current_key,
        walk.depth + 1 as depth
    from walk
    inner join steps on walk.current_key = steps.access_key
    where
        walk.depth < 100
        and steps.substitute_key <> walk.access_key

),

ranked as (

    select
        *,
        row_number() over (partition by access_key order by depth desc) as preference
    from walk

),

final as (

    select
        access_key,
        substitute_key,
        current_key
    from ranked
    where preference = 1

)

select * from final
