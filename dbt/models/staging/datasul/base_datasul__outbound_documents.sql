-- nota-fiscal, with the situation of its NF-e: the note's own, else that of sit-nf-eletro where there is only one. Its columns stand as
-- those of the inbound documents.

with source as (

    select * from {{ source('raw_datasul', 'nota_fiscal') }}

),

situations as (

    select
        {{ key_of_row('nota-fiscal', ['"cod-estabel"', '"cod-serie"', '"cod-nota-fisc"'], given='"cod-nota-fisc"') }} as document_key,
        min("idi-sit-nf-eletro") as situation
    from {{ source('raw_datasul', 'sit_nf_eletro') }}
    where {{ is_standing() }}
    group by document_key
    having count(*) = 1

),

final as (

    select
        {{ envelope('datasul', 'erp_document_key') }},
        source._row_hash as row_hash,
        'outbound' as direction,
        trim(source."cod-estabel") as branch_code,
        source."cod-emitente" as partner_number,
        {{ datasul_access_key('source."cod-chave-aces-nf-eletro"') }} as access_key,
        cast(source."esp-docto" as varchar) as species,
        source."nr-nota-fis" as document_number,
        source.serie as document_series,
        -- what we issued is posted as it is
        cast(null as boolean) as is_updated,
        coalesce(source."idi-sit-nf-eletro", situations.situation) as situation,
        source."dt-cancela" as cancelled_on,
        source."vl-tot-nota" as amount,
        source."dt-emis-nota" as issued_on,
        source."dt-emis-nota" as posted_on
    from source
    left join situations on source._key = situations.document_key

)

select * from final
