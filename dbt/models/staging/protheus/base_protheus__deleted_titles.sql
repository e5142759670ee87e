with source as (

    select * from {{ source('raw_protheus', 'fju') }}
    where {{ is_standing() }}

),

final as (

    select
        _source as source,
        case fju_cart when 'R' then 'SE1' when 'P' then 'SE2' end as alias,
        fju_recori as record_number,
        max(fju_dtexcl) as deleted_on
    from source
    where fju_recori is not null
    group by _source, fju_cart, fju_recori

)

select * from final
