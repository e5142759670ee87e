-- Every version of every fiscal document of an ERP: whose it is, what kind of document, and from when the version holds.

with unioned as (

    select * from {{ ref('int_erp_documents__unioned') }}

),

sources as (

    select * from {{ ref('stg_settings__sources') }}

),

extracted as (

    select
        unioned.* exclude (is_deleted),
        unioned.is_deleted as is_gone,
        -- what the ERP calls cancelled stands there no longer, though its row stays
        unioned.is_deleted or coalesce(unioned.is_cancelled, false) as is_deleted
    from unioned
    left join sources on unioned.source = sources.source
    where {{ is_of_source_company('unioned') }}

),

-- the same line twice in an export is one document, however often it was written out
told as (

    select
        *,
        dense_rank() over (partition by source, erp_document_key, is_deleted, row_hash order by row_id) as telling
    from extracted

),

repeated as (

    select row_id
    from told
    where telling > 1 and row_hash is not null
    group by row_id

),

documents as (

    select
        told.* exclude (telling, row_hash),
        case when {{ is_access_key('told.access_key') }} then {{ access_key_model('told.access_key') }} end as model_of_key
    from told
    left join repeated on told.row_id = repeated.row_id
    where repeated.row_id is null

),

branch_codes as (

    select * from {{ ref('int_branch_codes__resolved') }}

),

branches as (

    select * from {{ ref('int_branches__located') }}

),

located as (

    select
        documents.* exclude (model, model_of_key, expects_xml, has_no_xml, is_own_form, is_disagreed, is_not_transmitted, is_keyless),
        branches.company_cnpj,
        branches.company,
        branches.sync_activated_on,
        coalesce(branches.time_zone, 'America/Sao_Paulo') as time_zone,
        {{ is_access_key('documents.access_key') }} as has_access_key,
        -- what the ERP does not say, the key does: the kind of document, and whose form it is
        coalesce(documents.model, documents.model_of_key) as model,
        coalesce(documents.expects_xml, documents.model_of_key in {{ models_read() }}, false) as expects_xml,
        coalesce(documents.has_no_xml, false) as has_no_xml,
        coalesce(documents.is_own_form, {{ access_key_issuer('documents.access_key') }} = branches.company_cnpj, false) as is_own_form,
        coalesce(documents.is_disagreed, false) as is_disagreed,
        coalesce(documents.is_not_transmitted, false) as is_not_transmitted,
        coalesce(documents.is_keyless, false) as is_keyless,
        {{ document_number('documents.document_number') }} as number,
        {{ series_number('documents.document_series') }} as series
    from documents
    left join branch_codes
        on
            {{ is_branch_of('documents') }}
    left join branches on coalesce(branch_codes.company_cnpj, documents.branch_tax_id) = branches.company_cnpj

),

sequenced as (

    select
        *,
        row_number() over (partition by row_id order by version) as version_number,
        lag(is_deleted) over (partition by row_id order by version) as was_deleted
    from located

),

-- a change has its stamp's time, else the posting date at 00:00 local; a cancellation without a stamp has its day's beginning, a deletion
-- without a time has the run's
versions as (

    select
        *,
        case
            when is_deleted and not is_gone
                then coalesce(changed_at, cancelled_at, {{ local_midnight('cancelled_on', 'time_zone') }}, recorded_at)
            when is_deleted or was_deleted then coalesce(changed_at, recorded_at)
            when version_number = 1
                then coalesce(inserted_at, changed_at, {{ local_midnight('posted_on', 'time_zone') }}, recorded_at)
            else coalesce(changed_at, {{ local_midnight('posted_on', 'time_zone') }}, recorded_at)
        end as valid_from
    from sequenced

),

-- a row that was already deleted when it was first seen had been live since it was posted
lives_before_first_sight as (

    select
        * replace (
            0 as version_number,
            false as is_deleted,
            coalesce(inserted_at, {{ local_midnight('posted_on', 'time_zone') }}, recorded_at) as valid_from
        )
    from versions
    where version_number = 1 and is_deleted

),

final as (

    select * from versions
    union all by name
    select * from lives_before_first_sight

)

select * exclude (was_deleted) from final
