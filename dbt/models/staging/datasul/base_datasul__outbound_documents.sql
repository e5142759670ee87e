-- nota-fiscal, with the situation of its NF-e: the note's own, else that of sit-nf-eletro where there is only one.

with source as (

    select * from {{ source('raw_datasul', 'nota_fiscal') }}

),

situations as (

    select
        _source,
        "cod-estabel" as branch_code,
        "cod-serie" as document_series,
        "cod-nota-fisc" as document_number,
        min("idi-sit-nf-eletro") as situation
    from {{ source('raw_datasul', 'sit_nf_eletro') }}
    where {{ is_standing() }}
    group by _source, branch_code, document_series, document_number
    having count(*) = 1

),

documents as (

    select
        {{ envelope('datasul', 'erp_document_key') }},
        _row_hash as row_hash,
        "cod-estabel" as branch_code,
        "cod-emitente" as partner_number,
        {{ datasul_access_key('"cod-chave-aces-nf-eletro"') }} as access_key,
        cast("esp-docto" as varchar) as species,
        "nr-nota-fis" as document_number,
        serie as document_series,
        "idi-sit-nf-eletro" as situation,
        "dt-cancela" as cancelled_on,
        "vl-tot-nota" as amount,
        "dt-emis-nota" as issued_on
    from source

),

final as (

    select
        {{ carried_envelope('documents') }},
        documents.erp_document_key,
        documents.row_hash,
        'outbound' as direction,
        trim(documents.branch_code) as branch_code,
        documents.partner_number,
        documents.access_key,
        documents.species,
        documents.document_number,
        documents.document_series,
        coalesce(documents.situation, situations.situation) as situation,
        documents.cancelled_on,
        documents.amount,
        documents.issued_on,
        documents.issued_on as posted_on
    from documents
    left join situations
        on
            documents.source = situations._source
            and documents.branch_code = situations.branch_code
            and documents.document_series = situations.document_series
            and documents.document_number = situations.document_number

)

select * from final
