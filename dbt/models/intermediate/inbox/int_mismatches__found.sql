-- Problems that somebody must act on now, one row per (cause, entity, company CNPJ): what a deadline still protects is left out.

with due as (

    select * from {{ ref('int_sync__due') }}

),

erp_documents as (

    select * from {{ ref('int_erp_documents__judged') }}

),

replication as (

    select * from {{ ref('int_replication__measured') }}
    where cause is not null

),

causes as (

    select * from {{ ref('causes') }}
    where is_mismatch

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

branch_codes as (

    select
        company_cnpj,
        min(branch_code) as branch
    from {{ ref('int_branch_codes__resolved') }}
    group by company_cnpj

),

sync_rows as (

    select
        due.cause,
        'document' as entity_type,
        due.access_key as entity_key,
        due.company_cnpj,
        case due.cause
            when 'amount_differs' then due.amount_difference
            when 'posted_twice' then due.erp_amount - due.document_amount
            when 'tax_differs'
                then
                    case when abs(due.icms_difference) > due.tax_tolerance then due.icms_difference else 0 end
                    + case when abs(due.ipi_difference) > due.tax_tolerance then due.ipi_difference else 0 end
            when 'cancelled_at_sefaz_active_in_erp' then due.erp_amount
            when 'denied_or_void_number' then due.erp_amount
            else due.document_amount
        end as amount,
        'sync_status' as mart,
        1 as mart_order,
        due.role,
        due.erp_document_key,
        due.document_amount,
        due.erp_amount,
        due.issue_date as happened_on,
        due.status_since
    from due
    cross join clock
    where due.due_at is null or clock.as_of > due.due_at

),

erp_rows as (

    select
        unnest(own_causes) as cause,
        case when linked_key is null then 'erp_document' else 'document' end as entity_type,
        coalesce(linked_key, erp_document_key) as entity_key,
        company_cnpj,
        amount,
        'erp_documents' as mart,
        2 as mart_order,
        cast(null as varchar) as role,
        erp_document_key,
        cast(null as decimal(18, 2)) as document_amount,
        amount as erp_amount,
        posted_on as happened_on,
        cast(null as timestamptz) as status_since
    from erp_documents
    where len(own_causes) > 0

),

-- the places leave room for the marts between, in the order in which they are documented
replication_rows as (

    select
        cause,
        'record' as entity_type,
        entity_key,
        company_cnpj,
        amount,
        'ingestion_latency' as mart,
        90 as mart_order,
        cast(null as varchar) as role,
        cast(null as varchar) as erp_document_key,
        cast(null as decimal(18, 2)) as document_amount,
        cast(null as decimal(18, 2)) as erp_amount,
        {{ local_date('produced_at') }} as happened_on,
        waits_since as status_since
    from replication

),

together as (

    select * from sync_rows
    union all
    select * from erp_rows
    union all
    select * from replication_rows

),

final as (

    select
        md5(together.cause || '|' || together.entity_type || '|' || together.entity_key || '|' || coalesce(together.company_cnpj, ''))
            as mismatch_id,
        together.cause,
        causes.severity,
        together.company_cnpj,
        min(branch_codes.branch) as branch,
        together.entity_type,
        together.entity_key,
        -- the roles of one CNPJ tell of the same problem, not of two
        cast(max_by(together.amount, abs(together.amount)) as decimal(18, 2)) as amount,
        min_by(together.mart, together.mart_order) as mart,
        json_object(
            -- a posting shows the causes of the row that it answers for
            'marts', case
                when bool_and(together.mart = 'sync_status' and together.erp_document_key is not null)
                    then ['sync_status', 'erp_documents']
                else list(distinct together.mart order by together.mart desc)
            end,
            'roles', list(distinct together.role order by together.role) filter (where together.role is not null),
            'erp_document_key', min(together.erp_document_key),
            'document_amount', min(together.document_amount),
            'erp_amount', min(together.erp_amount),
            'happened_on', min(together.happened_on),
            'status_since', min(together.status_since)
        ) as evidence
    from together
    inner join causes on together.cause = causes.cause
    left join branch_codes on together.company_cnpj = branch_codes.company_cnpj
    group by together.cause, causes.severity, together.company_cnpj, together.entity_type, together.entity_key

)

select * from final
