-- How tables share branches: the dictionary's word, else what the rows of a table show: where all are without a branch, it is shared.

with source as (

    select * from {{ source('raw_protheus', 'sx2') }}
    where {{ is_standing() }}

),

seen as (

    {% for table, branch in [
        ('se1', 'e1_filial'), ('se2', 'e2_filial'), ('sa1', 'a1_filial'), ('sa2', 'a2_filial'), ('sa6', 'a6_filial')
    ] %}
    select
        _source as source,
        '{{ table | upper }}' as alias,
        coalesce(max(trim({{ branch }})), '') as last_branch
    from {{ source('raw_protheus', table) }}
    where {{ is_standing() }}
    group by _source
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

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
        {{ key_of_row('SX2', ['seen.alias'], source='seen.source') }} as table_key,
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
