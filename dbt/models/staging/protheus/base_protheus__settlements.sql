-- FK1 and FK2 under one set of names.

with receivables as (

    select * from {{ source('raw_protheus', 'fk1') }}

),

payables as (

    select * from {{ source('raw_protheus', 'fk2') }}

),

final as (

    select
        {{ envelope('protheus', 'movement_key') }},
        'FK1' as origin_table,
        'receivable' as side,
        r_e_c_n_o_ as record_number,
        {{ blank_to_null('fk1_idfk1') }} as origin_id,
        coalesce(fk1_filial, '') as own_branch,
        {{ protheus_branch('fk1_filial', 'fk1_filori') }} as branch_code,
        fk1_data as moved_on,
        fk1_dtdigi as recorded_on,
        fk1_dtdisp as available_on,
        fk1_valor as amount,
        fk1_vlmoe2 as foreign_amount,
        fk1_txmoed as exchange_rate,
        {{ protheus_currency('fk1_moeda') }} as currency,
        coalesce(trim(fk1_tpdoc), '') as movement_type,
        {{ blank_to_null('fk1_motbx') }} as settlement_reason,
        coalesce(fk1_seq, '') as sequence,
        {{ blank_to_null('fk1_sitcob') }} as wallet,
        {{ blank_to_null('fk1_doc') }} as document_number,
        {{ blank_to_null('fk1_iddoc') }} as title_id,
        {{ blank_to_null('fk1_idproc') }} as operation_id,
        -- what the shop's own front end took in is no settlement of the title
        coalesce(fk1_origem, '') <> 'LOJXREC' as counts,
        coalesce(trim(fk1_la) = 'S', false) as is_accounted
    from receivables

    union all

    select
        {{ envelope('protheus', 'movement_key') }},
        'FK2' as origin_table,
        'payable' as side,
        r_e_c_n_o_ as record_number,
        {{ blank_to_null('fk2_idfk2') }} as origin_id,
        coalesce(fk2_filial, '') as own_branch,
        {{ protheus_branch('fk2_filial', 'fk2_filori') }} as branch_code,
        fk2_data as moved_on,
        fk2_dtdigi as recorded_on,
        fk2_dtdisp as available_on,
        fk2_valor as amount,
        fk2_vlmoe2 as foreign_amount,
        fk2_txmoed as exchange_rate,
        {{ protheus_currency('fk2_moeda') }} as currency,
        coalesce(trim(fk2_tpdoc), '') as movement_type,
        {{ blank_to_null('fk2_motbx') }} as settlement_reason,
        coalesce(fk2_seq, '') as sequence,
        {{ blank_to_null('fk2_sitcob') }} as wallet,
        {{ blank_to_null('fk2_doc') }} as document_number,
        {{ blank_to_null('fk2_iddoc') }} as title_id,
        {{ blank_to_null('fk2_idproc') }} as operation_id,
        -- what the shop's own front end took in is no settlement of the title
        coalesce(fk2_origem, '') <> 'LOJXREC' as counts,
        coalesce(trim(fk2_la) = 'S', false) as is_accounted
    from payables

)

select * from final
