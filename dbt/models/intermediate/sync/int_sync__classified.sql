-- The judgement on every cell of int_sync__measured: synchronised or not, and every cause that applies.
-- Which of several causes comes first is data (causes.precedence); which ones replace others is decided here.

with measured as (

    select * from {{ ref('int_sync__measured') }}

),

sync_keys as (

    select * from {{ ref('int_sync__keys') }}

),

tolerances as (

    select
        max(case when name = 'document' then value end) as document_tolerance,
        max(case when name = 'tax_per_item' then value end) as tax_tolerance
    from {{ ref('stg_settings__tolerances') }}

),

causes as (

    select * from {{ ref('causes') }}

),

compared as (

    select
        measured.* exclude (erp_amount, proposed_amount),
        sync_keys.role,
        sync_keys.is_expected,
        sync_keys.issue_date,
        sync_keys.sync_activated_on,
        sync_keys.total_amount as document_amount,
        -- what a posting with the right key and one found by number amount to is one sum: the second is the same note again
        cast(
            case
                when measured.erp_amount is not null or measured.proposed_amount is not null
                    then coalesce(measured.erp_amount, 0) + coalesce(measured.proposed_amount, 0)
            end as decimal(18, 2)
        ) as erp_amount,
        measured.proper_postings + measured.stray_postings as postings,
        cast(
            case
                when measured.erp_amount is not null or measured.proposed_amount is not null
                    then coalesce(measured.erp_amount, 0) + coalesce(measured.proposed_amount, 0)
            end - sync_keys.total_amount as decimal(18, 2)
        ) as amount_difference,
        -- a note that is not classified yet, also because it is blocked, has no taxes: they are worked out when it is classified
        case
            when measured.erp_stage in ('pre_nota', 'bloqueada') and coalesce(measured.erp_icms_amount, 0) = 0 then null
            else cast(measured.erp_icms_amount - sync_keys.icms_amount as decimal(18, 2))
        end as icms_difference,
        case
            when measured.erp_stage in ('pre_nota', 'bloqueada') and coalesce(measured.erp_ipi_amount, 0) = 0 then null
            else cast(measured.erp_ipi_amount - sync_keys.ipi_amount as decimal(18, 2))
        end as ipi_difference,
        tolerances.document_tolerance,
        tolerances.tax_tolerance * sync_keys.item_count as tax_tolerance,
        sync_keys.sync_activated_on is null or measured.posted_on < sync_keys.sync_activated_on as is_posted_out_of_scope,
        sync_keys.sync_activated_on is null or sync_keys.issue_date < sync_keys.sync_activated_on as is_issued_out_of_scope
    from measured
    inner join sync_keys on measured.sync_row = sync_keys.sync_row
    cross join tolerances

),

situated as (

    select
        *,
        postings > 0 as is_synced,
        postings > 1 or (postings > 0 and proposed_postings > 0) as is_posted_twice,
        -- neither posted nor proposed, and something should have been
        postings = 0 and proposed_postings = 0 and is_expected and not is_cancelled and not is_denied as is_lacking,
        coalesce(abs(amount_difference) > document_tolerance, false) as has_amount_difference,
        coalesce(abs(icms_difference) > tax_tolerance, false)
        or coalesce(abs(ipi_difference) > tax_tolerance, false) as has_tax_difference,
        coalesce(amount_difference <> 0, false)
        or coalesce(icms_difference <> 0, false)
        or coalesce(ipi_difference <> 0, false) as has_any_difference
    from compared

),

found as (

    select
        *,
        {{ compact_list([
            "case when (is_synced or proposed_postings > 0) and is_denied then 'denied_or_void_number' end",
            "case when is_synced and is_cancelled and not is_denied then 'cancelled_at_sefaz_active_in_erp' end",
            "case when (is_synced and is_refused)
                or (is_synced and is_disagreed_at_sefaz and not is_disagreed_in_erp)
                or (is_synced and manifested_status <> manifested_status_in_erp) then 'event_not_applied' end",
            "case when is_posted_twice then 'posted_twice' end",
            "case when stray_postings > 0 and not is_posted_twice then 'company_or_role_differs' end",
            "case when postings = 0 and proposed_postings > 0 then 'wrong_access_key' end",
            "case when (is_synced or proposed_postings > 0) and not is_posted_twice and has_amount_difference then 'amount_differs' end",
            "case when is_synced and not is_posted_twice and has_tax_difference then 'tax_differs' end",
            "case when is_lacking and not is_issued_out_of_scope and deleted_postings > 0 and role = 'issuer' then 'cancelled_in_erp_authorised_at_sefaz' end",
            "case when is_lacking and not is_issued_out_of_scope and deleted_postings > 0 and role <> 'issuer' then 'deleted_in_erp' end",
            "case when is_lacking and not is_issued_out_of_scope and deleted_postings = 0 and queued_at is not null then 'queued_not_extracted' end",
            "case when (is_synced and is_posted_out_of_scope)
                or (is_lacking and is_issued_out_of_scope)
                or (not is_expected and postings = 0 and not is_cancelled and not is_denied) then 'out_of_scope' end",
            "case when is_lacking and deleted_postings = 0 and queued_at is null and not is_issued_out_of_scope
                then 'missing_in_erp' end",
            "case when is_synced and not is_posted_twice and not has_amount_difference and not has_tax_difference
                and has_any_difference then 'rounding' end",
        ]) }} as unordered_causes
    from situated

),

one_by_one as (

    select
        sync_row,
        known_at,
        valid_at,
        unnest(unordered_causes) as cause
    from found
    where len(unordered_causes) > 0

),

ordered as (

    select
        one_by_one.sync_row,
        one_by_one.known_at,
        one_by_one.valid_at,
        list(one_by_one.cause order by causes.precedence) as causes
    from one_by_one
    inner join causes on one_by_one.cause = causes.cause
    group by one_by_one.sync_row, one_by_one.known_at, one_by_one.valid_at

),

final as (

    select
        found.* exclude (unordered_causes),
        case when found.is_synced then 'Sincronizado' else 'Não sincronizado' end as sync_status,
        coalesce(ordered.causes, []) as causes,
        ordered.causes[1] as cause
    from found
    left join ordered
        on
            found.sync_row = ordered.sync_row
            and found.known_at = ordered.known_at
            and found.valid_at = ordered.valid_at

)

select * from final
