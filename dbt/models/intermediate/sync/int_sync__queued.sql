-- Documents waiting in an ERP's import queue, as rectangles of time: a queue row is no posting (S000-04).

with queue as (

    select * from {{ ref('int_import_queue__unioned') }}

),

branch_codes as (

    select * from {{ ref('int_branch_codes__resolved') }}

),

branches as (

    select * from {{ ref('int_branches__located') }}

),

versions as (

    select
        queue.source,
        queue.row_id,
        row_number() over (partition by queue.row_id order by queue.version) as version_number,
        queue.access_key,
        branch_codes.company_cnpj,
        {{ local_instant('queue.imported_on', 'queue.imported_time', "coalesce(branches.time_zone, 'America/Sao_Paulo')") }} as queued_at,
        queue.is_pending,
        queue.changed_at,
        queue.recorded_at
    from queue
    left join branch_codes
        on
            {{ is_branch_of('queue') }}
    left join branches on branch_codes.company_cnpj = branches.company_cnpj

),

placed as (

    select
        *,
        case
            when version_number = 1 then coalesce(queued_at, changed_at, recorded_at)
            else coalesce(changed_at, recorded_at)
        end as valid_from
    from versions

),

intervals as (

    select * from {{ bitemporal_intervals('placed') }}

),

final as (

    select
        source,
        access_key,
        company_cnpj,
        coalesce(queued_at, valid_from) as queued_at,
        valid_from,
        valid_to,
        known_from,
        known_to
    from intervals
    where is_pending

)

select * from final
