-- What holds an inbound document back.

with source as (

    select * from {{ source('raw_logix', 'nf_sup_erro') }}

),

final as (

    select
        {{ envelope('logix', 'error_key') }},
        empresa as branch_code,
        {{ key_of_row('nf_sup', ['empresa', 'num_aviso_rec']) }} as erp_document_key,
        cast(num_seq as varchar) as item,
        {{ blank_to_null('des_pendencia_item') }} as error,
        coalesce(ies_erro_grave = 'S', false) as is_grave
    from source

)

select * from final
