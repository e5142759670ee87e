-- How tables share branches: the dictionary's word, else what the rows of a table show: where all are without a branch, it is shared.

with source as (

    select * from {{ source('raw_protheus', 'sx2') }}
    where {{ is_standing() }}

),

se1_rows as (

    select * from {{ source('raw_protheus', 'se1') }}
    where {{ is_standing() }}

),

se2_rows as (

    select * from {{ source('raw_protheus', 'se2') }}
    where {{ is_standing() }}

),

sa1_rows as (

    select * from {{ source('raw_protheus', 'sa1') }}
    where {{ is_standing() }}

),

sa2_rows as (

    select * from {{ source('raw_protheus', 'sa2') }}
    where {{ is_standing() }}

),

sa6_rows as (

    select * from {{ source('raw_protheus', 'sa6') }}
    where {{ is_standing() }}

),

seen as (

    select
        _source as source,
        'SE1' as alias,
        coalesce(max(trim(e1_filial)), '') as last_branch
    from se1_rows
    group by _source

    union all

    select
        _source as source,
        'SE2' as alias,
        coalesce(max(trim(e2_filial)), '') as last_branch
    from se2_rows
    group by _source

    union all

    select
        _source as source,
        'SA1' as alias,
        coalesce(max(trim(a1_filial)), '') as last_branch
    from sa1_rows
    group by _source

    union all

    select
        _source as source,
        'SA2' as alias,
        coalesce(max(trim(a2_filial)), '') as last_branch
    from sa2_rows
    group by _source

    union all

    select
        _source as source,
        'SA6' as alias,
        coalesce(max(trim(a6_filial)), '') as last_branch
    from sa6_rows
    group by _source

),

told as (

    select
        _source as source,
        _key as table_key,
        trim(x2_chave) as alias,
        coalesce(x2_modoemp, 'E') || coalesce(x2_modoun, 'E') || coalesce(x2_modo, 'E') as sharing_mode,
        coalesce(x2_tamemp, 0) as company_length,
        coalesce(x2_tamun, 0) as unit_length,
        coalesce(x2_tamfil, 0) as branch_length,
        false as is_inferred
    from source

),

inferred as (

    select
        seen.source,
        seen.source || '|SX2|' || seen.alias as table_key,
        seen.alias,
        case when seen.last_branch = '' then 'EEC' else 'EEE' end as sharing_mode,
        0 as company_length,
        0 as unit_length,
        0 as branch_length,
        true as is_inferred
    from seen
    left join told
        on
            seen.source = told.source
            and seen.alias = told.alias
    where told.source is null

),

final as (

    select * from told
    union all
    select * from inferred

)

select * from final
