-- PCLANCAMENTO holds one side in a row; a deleted one stays with EXCLUIDO = 'S', which the contract takes for its deletion mark.

with source as (

    select
        *,
        {{ envelope('winthor', 'entry_key') }}
    from {{ source('raw_winthor', 'pclancamento') }}

),

workbench as (

    select * from {{ source('raw_winthor', 'pclancintermediaria') }}
    where {{ is_standing() }}

),

-- a leg that sums several operations has no one origin; the traces tell them all
single_origins as (

    select
        _source,
        numtranspclancamento,
        min({{ winthor_origin_key() }}) as origin_key
    from workbench
    where {{ blank_to_null('tabelagestao') }} is not null and nullif(numtranspclancamento, 0) is not null
    group by _source, numtranspclancamento
    having count(*) = 1

),

final as (

    select
        {{ carried_envelope('source') }},
        source.entry_key,
        coalesce({{ blank_to_null('source.codfilial') }}, '') as branch_code,
        case source.natureza when 'D' then 'debit' when 'C' then 'credit' end as side,
        {{ blank_to_null('source.codreduzido_pc') }} as ledger_account,
        source.dtlanc as posted_on,
        source.valor as amount,
        case source.natureza when 'D' then source.valor when 'C' then -source.valor end as signed_amount,
        'BRL' as currency,
        true as is_actual,
        {{ blank_to_null('source.lote') }} as lot,
        coalesce({{ blank_to_null('source.documento') }}, cast(source.numlancto as varchar)) as document,
        cast(source.numseq as varchar) as line,
        {{ blank_to_null('source.historico_compl') }} as history,
        nullif({{ blank_to_null('source.codregraintegracao') }}, '0') as posting_rule,
        single_origins.origin_key,
        nullif({{ blank_to_null('source.codregraintegracao') }}, '0') is null
        and nullif({{ blank_to_null('source.loteintegracao') }}, '0') is null as is_manual,
        {{ blank_to_null('source.codparceiro') }} as partner_code,
        source.valor as native_amount
    from source
    left join single_origins
        on
            source._source = single_origins._source
            and source.numtranslancto = single_origins.numtranspclancamento

)

select * from final
