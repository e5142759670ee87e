with source as (

    select * from {{ source('raw_protheus', 'sped150') }}

),

final as (

    select
        {{ envelope('protheus', 'event_key') }},
        trim(id_ent) as entity,
        upper({{ blank_to_null('nfe_chv') }}) as access_key,
        {{ blank_to_null('tpevento') }} as event_type,
        seqevento as event_sequence,
        coalesce(status = 6, false) as is_registered,
        {{ blank_to_null('cstateven') }} as sefaz_status
    from source

)

select * from final
