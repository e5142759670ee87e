-- FK6 by movement. Corrections of exchange and money (CM, VM, C2) move no title's balance.

with source as (

    select
        *,
        coalesce(trim(fk6_tpdoc), '') as kind
    from {{ source('raw_protheus', 'fk6') }}
    where {{ is_standing() }}

),

final as (

    select
        _source as source,
        trim(fk6_tabori) as origin_table,
        trim(fk6_idorig) as origin_id,
        cast(sum(case when kind in ('JR', 'J2') then fk6_valmov else 0 end) as decimal(18, 2)) as interest_amount,
        cast(sum(case when kind in ('MT', 'M2') then fk6_valmov else 0 end) as decimal(18, 2)) as penalty_amount,
        cast(sum(case when kind in ('DC', 'D2') then fk6_valmov else 0 end) as decimal(18, 2)) as discount_amount,
        cast(
            sum(case when kind in ('JR', 'J2', 'MT', 'M2', 'DC', 'D2', 'CM', 'VM', 'C2') then 0 else fk6_valmov end) as decimal(18, 2)
        ) as other_amount
    from source
    group by _source, trim(fk6_tabori), trim(fk6_idorig)

)

select * from final
