-- ERP documents as rectangles of time, each put on the synchronisation row that it answers for.
--
-- A posting is proper when its branch is a party and its direction fits that branch's role. One that is not proper is laid at the
-- door of the row it should have been: inbound ones at the recipient's or taker's, outbound ones at the issuer's.

with intervals as (

    select * from {{ ref('int_erp_documents__intervals') }}
    where linked_key is not null

),

sync_keys as (

    select
        *,
        case when role = 'issuer' then 'issued' else 'received' end as side
    from {{ ref('int_sync__keys') }}

),

parties as (

    select
        access_key,
        company_cnpj,
        bool_or(is_expected and side = 'issued') as is_expected_issuer,
        bool_or(is_expected and side = 'received') as is_expected_receiver
    from sync_keys
    group by access_key, company_cnpj

),

expectations as (

    select
        access_key,
        bool_or(is_expected) as is_any_expected,
        bool_or(is_expected and side = 'issued') as is_issuer_expected,
        bool_or(is_expected and side = 'received') as is_receiver_expected
    from sync_keys
    group by access_key

),

judged as (

    select
        intervals.*,
        case when intervals.is_issued then 'issued' else 'received' end as side,
        coalesce(
            case
                when parties.access_key is null then false
                when not parties.is_expected_issuer and not parties.is_expected_receiver then true
                when parties.is_expected_issuer and parties.is_expected_receiver then true
                -- what we issue leaves by an outbound posting, unless the note itself is an entry (tpNF 0)
                when parties.is_expected_issuer then intervals.direction = 'outbound' or coalesce(documents.direction = '0', false)
                else intervals.direction = 'inbound'
            end,
            false
        ) as is_proper
    from intervals
    inner join {{ ref('int_fiscal_documents__deduplicated') }} as documents
        on intervals.linked_key = documents.access_key
    left join parties
        on
            intervals.linked_key = parties.access_key
            and intervals.company_cnpj = parties.company_cnpj

),

-- what another party of ours posted while the one that had to did not: it counts for the poster, and as gone astray for the other
placed as (

    select
        judged.*,
        judged.is_proper
        and not coalesce(parties.is_expected_issuer or parties.is_expected_receiver, false)
        and not bool_or(
            judged.is_proper
            and coalesce(parties.is_expected_issuer or parties.is_expected_receiver, false)
        ) over (partition by judged.linked_key, judged.side) as is_instead
    from judged
    left join parties
        on
            judged.linked_key = parties.access_key
            and judged.company_cnpj = parties.company_cnpj

),

proper as (

    select
        sync_keys.sync_row,
        placed.*,
        sync_keys.is_own_counterpart and placed.side <> sync_keys.side as is_of_the_other_side,
        bool_or(placed.side = sync_keys.side) over (partition by sync_keys.sync_row) as has_one_of_its_side
    from placed
    inner join sync_keys
        on
            placed.linked_key = sync_keys.access_key
            and placed.company_cnpj = sync_keys.company_cnpj
    where placed.is_proper

),

stray as (

    select
        sync_keys.sync_row,
        placed.* replace (false as is_proper)
    from placed
    inner join expectations on placed.linked_key = expectations.access_key
    inner join sync_keys
        on
            placed.linked_key = sync_keys.access_key
            and case
                when placed.side = 'issued' and expectations.is_issuer_expected
                    then sync_keys.is_expected and sync_keys.side = 'issued'
                when placed.side = 'received' and expectations.is_receiver_expected
                    then sync_keys.is_expected and sync_keys.side = 'received'
                when expectations.is_any_expected then sync_keys.is_expected
                else true
            end
    where
        not placed.is_proper
        or (
            placed.is_instead
            and sync_keys.is_expected
            and sync_keys.side = placed.side
        )

),

final as (

    -- a note from a branch to itself: each role has its own posting where both were made, and shares the one where one was
    select * exclude (is_instead, is_of_the_other_side, has_one_of_its_side)
    from proper
    where not (is_of_the_other_side and has_one_of_its_side)

    union all

    select * exclude (is_instead)
    from stray

)

select * from final
