with source as (

    select * from {{ source('raw_protheus', 'fk5') }}

),

operations as (

    select * from {{ ref('base_protheus__operations') }}
    where origin_table = 'FK5'

),

named as (

    select
        {{ envelope('protheus', 'movement_key') }},
        r_e_c_n_o_ as record_number,
        {{ blank_to_null('fk5_idmov') }} as origin_id,
        coalesce(fk5_filial, '') as own_branch,
        coalesce({{ blank_to_null('fk5_filori') }}, fk5_filial, '') as origin_branch,
        {{ protheus_branch('fk5_filial', 'fk5_filori') }} as branch_code,
        fk5_data as moved_on,
        coalesce(fk5_dtdisp, fk5_data) as available_on,
        fk5_dtconc as reconciled_on,
        fk5_valor as amount,
        trim(fk5_recpag) as direction,
        coalesce(trim(fk5_tpdoc), '') as movement_type,
        {{ blank_to_null('fk5_banco') }} as bank_code,
        coalesce(fk5_agenci, '') as agency,
        coalesce(fk5_conta, '') as account,
        {{ blank_to_null('fk5_numch') }} as cheque,
        {{ blank_to_null('fk5_doc') }} as document_number,
        {{ blank_to_null('fk5_histor') }} as history,
        coalesce(trim(fk5_status), '') in ('C', 'E', 'X') as is_cancelled,
        {{ blank_to_null('fk5_protra') }} as transfer_id,
        {{ blank_to_null('fk5_origem') }} as routine,
        coalesce(trim(fk5_la) = 'S', false) as is_accounted,
        {{ blank_to_null('fk5_iddoc') }} as title_id,
        coalesce(fk5_seq, '') as sequence
    from source

),

final as (

    select
        named.*,
        operations.operation_key
    from named
    left join operations
        on
            named.source = operations.source
            and named.origin_id = operations.origin_id

)

select * from final
