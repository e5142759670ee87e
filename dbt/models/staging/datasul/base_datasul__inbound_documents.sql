with source as (

    select * from {{ source('raw_datasul', 'docum_est') }}

),

final as (

    select
        {{ envelope('datasul', 'erp_document_key') }},
        _row_hash as row_hash,
        'inbound' as direction,
        trim("cod-estabel") as branch_code,
        "cod-emitente" as partner_number,
        -- before EMS 2.07 the key has no column of its own
        coalesce(
            {{ datasul_access_key('"cod-chave-aces-nf-eletro"') }},
            {{ datasul_access_key('substr("char-1", 93, 60)') }}
        ) as access_key,
        cast("esp-docto" as varchar) as species,
        "nro-docto" as document_number,
        "serie-docto" as document_series,
        -- stock tells whether a document was updated; the other modules where its flag is not delivered
        case
            when {{ blank_to_null('"ce-atual"') }} is not null then {{ datasul_flag('"ce-atual"') }}
            when coalesce({{ blank_to_null('"of-atual"') }}, {{ blank_to_null('"ap-atual"') }}) is not null
                then {{ datasul_flag('"of-atual"') }} or {{ datasul_flag('"ap-atual"') }}
        end as is_updated,
        coalesce("idi-sit-nf-eletro", "cdn-sit-nfe") as situation,
        cast(null as date) as cancelled_on,
        "tot-valor" as amount,
        "dt-emissao" as issued_on,
        coalesce("dt-trans", "dt-emissao") as posted_on
    from source

)

select * from final
