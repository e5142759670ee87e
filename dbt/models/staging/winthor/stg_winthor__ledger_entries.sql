-- PCLANCAMENTO holds one side in a row; a deleted one stays with EXCLUIDO = 'S', which the contract takes for its deletion mark.

with source as (

    select * from {{ source('raw_winthor', 'pclancamento') }}

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
        min(
            concat_ws(
                '|',
                _source,
                upper({{ blank_to_null('tabelagestao') }}),
                {{ blank_to_null('chavegestao') }},
                {{ blank_to_null('chavegestaoaux') }}
            )
        ) as origin_key
    from workbench
    where {{ blank_to_null('tabelagestao') }} is not null and nullif(numtranspclancamento, 0) is not null
    group by _source, numtranspclancamento
    having count(*) = 1

),

final as (

    select
        source._source as source,
        'winthor' as system,
        source._key as entry_key,
        source._row_id as row_id,
        source._version as version,
        source._changed_at as changed_at,
        source._inserted_at as inserted_at,
        source._recorded_at as recorded_at,
        source._superseded_at as superseded_at,
        source._is_deleted as is_deleted,
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
