with source as (

    select * from {{ source('raw_protheus', 'fkf') }}

),

final as (

    select
        {{ envelope('protheus', 'complement_key') }},
        coalesce(fkf_filial, '') as branch_code,
        {{ blank_to_null('fkf_iddoc') }} as title_id,
        fkf_iof as iof_amount
    from source

)

select * from final
