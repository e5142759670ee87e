-- The rows that traces lead to and whose keys are not their record numbers. A number is never given twice within a table.

with se1_rows as (

    select * from {{ source('raw_protheus', 'se1') }}
    where _superseded_at is null

),

se2_rows as (

    select * from {{ source('raw_protheus', 'se2') }}
    where _superseded_at is null

),

sf1_rows as (

    select * from {{ source('raw_protheus', 'sf1') }}
    where _superseded_at is null

),

sf2_rows as (

    select * from {{ source('raw_protheus', 'sf2') }}
    where _superseded_at is null

),

final as (

    select
        _source as source,
        'SE1' as alias,
        r_e_c_n_o_ as record_number,
        min(_key) as record_key
    from se1_rows
    where r_e_c_n_o_ is not null
    group by _source, r_e_c_n_o_

    union all

    select
        _source as source,
        'SE2' as alias,
        r_e_c_n_o_ as record_number,
        min(_key) as record_key
    from se2_rows
    where r_e_c_n_o_ is not null
    group by _source, r_e_c_n_o_

    union all

    select
        _source as source,
        'SF1' as alias,
        r_e_c_n_o_ as record_number,
        min(_key) as record_key
    from sf1_rows
    where r_e_c_n_o_ is not null
    group by _source, r_e_c_n_o_

    union all

    select
        _source as source,
        'SF2' as alias,
        r_e_c_n_o_ as record_number,
        min(_key) as record_key
    from sf2_rows
    where r_e_c_n_o_ is not null
    group by _source, r_e_c_n_o_

)

select * from final
