with fk8_rows as (

    select * from {{ source('raw_protheus', 'fk8') }}

),

fk9_rows as (

    select * from {{ source('raw_protheus', 'fk9') }}

),

final as (

    select
        {{ envelope('protheus', 'complement_key') }},
        coalesce(fk8_filial, '') as branch_code,
        'ledger_entities' as kind,
        {{ blank_to_null('fk8_idmov') }} as movement_id
    from fk8_rows

    union all

    select
        {{ envelope('protheus', 'complement_key') }},
        coalesce(fk9_filial, '') as branch_code,
        'complement' as kind,
        {{ blank_to_null('fk9_idmov') }} as movement_id
    from fk9_rows

)

select * from final
