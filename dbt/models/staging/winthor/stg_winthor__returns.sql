with source as (

    select * from {{ source('raw_winthor', 'pcestcom') }}

),

final as (

    select
        {{ envelope('winthor', 'return_key') }},
        {{ winthor_key('PCNFENT', ['numtransent']) }} as return_document_key,
        {{ winthor_key('PCNFSAID', ['numtransvenda']) }} as origin_document_key,
        vldevolucao as returned_amount,
        vlestorno as reversed_amount,
        dtestorno as reversed_on,
        dtlanc as returned_on,
        {{ blank_to_null('historico') }} as history
    from source

)

select * from final
