-- Who a partner is that a document or a title names, worked out once and not per version.

with partners as (

    select * from {{ ref('base_protheus__partners') }}

),

sharing as (

    select
        *,
        case alias when 'SA1' then 'customer' else 'supplier' end as register
    from {{ ref('base_protheus__table_sharing') }}
    where
        alias in ('SA1', 'SA2')
        and is_inferred is not true

),

documents as (

    select * from {{ ref('base_protheus__inbound_documents') }}
    union all
    select * from {{ ref('base_protheus__outbound_documents') }}

),

titles as (

    select
        *,
        case side when 'receivable' then 'customer' else 'supplier' end as partner_register
    from {{ ref('base_protheus__titles') }}

),

named as (

    select
        source,
        branch_code,
        partner_register,
        partner_code,
        partner_store
    from documents

    union distinct

    select
        source,
        origin_branch as branch_code,
        partner_register,
        partner_code,
        partner_store
    from titles

),

ranked as (

    select
        named.*,
        partners.tax_id,
        row_number() over (
            partition by named.source, named.branch_code, named.partner_register, named.partner_code, named.partner_store
            order by partners.branch_code desc, partners.row_id
        ) as preference
    from named
    inner join partners
        on
            named.source = partners.source
            and named.partner_register = partners.register
            and named.partner_code = partners.partner_code
            and named.partner_store = partners.partner_store
    left join sharing
        on
            named.source = sharing.source
            and named.partner_register = sharing.register
    where
        case
            -- without the dictionary: the branch's own row, else the shared one
            when sharing.register is null then partners.branch_code in ('', named.branch_code)
            else partners.branch_code = {{ protheus_shared_branch('named.branch_code', 'sharing') }}
        end

),

final as (

    select
        source,
        branch_code,
        partner_register,
        partner_code,
        partner_store,
        tax_id
    from ranked
    where preference = 1

)

select * from final
