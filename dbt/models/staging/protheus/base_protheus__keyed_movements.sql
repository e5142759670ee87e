-- SE5 with what its rows tell of: the kind, the title and the operation.

with movements as (

    select * from {{ ref('base_protheus__movements') }}

),

types as (

    select * from {{ ref('protheus_movement_types') }}

),

operations as (

    select * from {{ ref('base_protheus__operations') }}

),

sharing as (

    select * from {{ ref('base_protheus__table_sharing') }}

),

titles as (

    select
        title_key,
        max(currency) as currency,
        max(partner_code) as partner_code
    from {{ ref('base_protheus__titles') }}
    where superseded_at is null
    group by title_key

),

typed as (

    select
        movements.*,
        types.kind,
        coalesce(types.is_settlement, false) as is_settlement,
        coalesce(types.is_reversal, false) as is_reversal,
        operations.operation_key
    from movements
    left join types on movements.movement_type = types.movement_type
    left join operations
        on
            movements.source = operations.source
            and movements.origin_table = operations.origin_table
            and movements.origin_id = operations.origin_id

),

-- the title is in one of two tables
keyed as (

    select
        typed.*,
        {{ protheus_title_key('typed', 'se1_sharing', 'SE1') }} as receivable_key,
        {{ protheus_title_key('typed', 'se2_sharing', 'SE2') }} as payable_key
    from typed
    left join sharing as se1_sharing
        on
            typed.source = se1_sharing.source
            and se1_sharing.alias = 'SE1'
    left join sharing as se2_sharing
        on
            typed.source = se2_sharing.source
            and se2_sharing.alias = 'SE2'

),

sided as (

    select
        keyed.*,
        case when keyed.has_title then {{ protheus_title_side('keyed', 'receivables', 'payables') }} end as side,
        receivables.currency as receivable_currency,
        payables.currency as payable_currency
    from keyed
    left join titles as receivables on keyed.receivable_key = receivables.title_key
    left join titles as payables on keyed.payable_key = payables.title_key

),

final as (

    select
        *,
        case side when 'receivable' then receivable_key when 'payable' then payable_key end as title_key,
        case side when 'receivable' then receivable_currency when 'payable' then payable_currency end as title_currency
    from sided

)

select * from final
