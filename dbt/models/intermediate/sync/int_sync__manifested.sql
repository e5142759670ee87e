-- What the recipient told SEFAZ of a document, and what the ERP believes that it told: events 2102xx beside C00.

with events as (

    select * from {{ ref('int_fiscal_events__registered') }}

),

manifestation_events as (

    select * from {{ ref('manifestation_events') }}

),

manifestations as (

    select * from {{ ref('int_manifestations__unioned') }}

),

branch_codes as (

    select * from {{ ref('int_branch_codes__resolved') }}

),

branches as (

    select * from {{ ref('int_branches__located') }}

),

at_sefaz as (

    select
        events.access_key,
        events.author_id as company_cnpj,
        'manifested' as fact,
        manifestation_events.c00_status as native_status,
        manifestation_events.is_refusal,
        events.registered_at as valid_from,
        coalesce(events.revoked_at, {{ forever() }}) as valid_to,
        events.known_from,
        {{ forever() }} as known_to
    from events
    inner join manifestation_events on events.event_type = manifestation_events.event_type

),

versions as (

    select
        manifestations.row_id,
        row_number() over (partition by manifestations.row_id order by manifestations.version) as version_number,
        manifestations.access_key,
        branch_codes.company_cnpj,
        manifestations.native_status,
        manifestations.is_deleted,
        manifestations.recorded_at,
        coalesce(
            manifestations.changed_at,
            {{ local_midnight('manifestations.received_on', "coalesce(branches.time_zone, 'America/Sao_Paulo')") }},
            manifestations.recorded_at
        ) as valid_from
    from manifestations
    inner join branch_codes
        on
            {{ is_branch_of('manifestations') }}
    left join branches on branch_codes.company_cnpj = branches.company_cnpj

),

intervals as (

    select * from {{ bitemporal_intervals('versions') }}

),

in_erp as (

    select
        access_key,
        company_cnpj,
        'manifested_in_erp' as fact,
        native_status,
        false as is_refusal,
        valid_from,
        valid_to,
        known_from,
        known_to
    from intervals
    where not is_deleted

),

final as (

    select * from at_sefaz
    union all
    select * from in_erp

)

select * from final
