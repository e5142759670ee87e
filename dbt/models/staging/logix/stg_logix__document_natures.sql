-- The nature of operation that an outbound document has, with the tomador by whom it should be chosen (S004-05 to S004-07).

with source as (

    select * from {{ source('raw_logix', 'fat_nf_mestre') }}
    where coalesce(status_nota_fiscal, '') <> 'S'

),

final as (

    select
        {{ envelope('logix', 'erp_document_key') }},
        empresa as branch_code,
        trim(cliente) as partner_code,
        {{ blank_to_null('remetent') }} as sender_code,
        cast(natureza_operacao as varchar) as operation_type,
        cast(cond_pagto as varchar) as payment_term
    from source

)

select * from final
