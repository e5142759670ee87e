with source as (

    select * from {{ source('raw_protheus', 'sped054') }}

),

final as (

    select
        {{ envelope('protheus', 'answer_key') }},
        trim(id_ent) as entity,
        trim(substr(nfe_id, 1, 3)) as document_series,
        trim(substr(nfe_id, 4)) as document_number,
        upper({{ blank_to_null('nfe_chv') }}) as access_key,
        lote as lot,
        {{ blank_to_null('cstat_sefr') }} as sefaz_status,
        {{ blank_to_null('xmot_sefr') }} as sefaz_reason,
        {{ blank_to_null('nfe_prot') }} as protocol,
        row_number() over (partition by _source, id_ent, nfe_id, {{ is_standing() }} order by lote desc, r_e_c_n_o_ desc) = 1 as is_latest
    from source

)

select * from final
