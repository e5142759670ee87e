-- FLAN as a title of either side, with its status told.

with source as (

    select * from {{ source('raw_rm', 'flan') }}

),

statuses as (

    select * from {{ ref('rm_title_statuses') }}

),

final as (

    select
        {{ envelope('rm', 'title_key') }},
        cast(source.codcoligada as varchar) as company_code,
        source.codcoligada as company_number,
        cast(source.codfilial as varchar) as branch_code,
        case source.pagrec when 1 then 'receivable' when 2 then 'payable' else cast(source.pagrec as varchar) end as side,
        {{ blank_to_null('source.codtdo') }} as title_type,
        {{ blank_to_null('source.statuslan') }} as native_status,
        -- the duplicata that a note was grouped into stands for it: both would count twice
        coalesce(source.nfoudup = 1, false) as is_grouped,
        statuses.title_kind,
        statuses.is_open,
        statuses.is_cancelled,
        {{ key_of_row(
            'TMOV', ['source.codcoligada', 'source.idmov'], 'source._source', zero_is_none=true, given='source.idmov'
        ) }} as erp_document_key,
        source.codcolcfo as partner_company,
        trim(source.codcfo) as partner_code,
        source.numerodocumento as title_number,
        {{ blank_to_null('source.parcela') }} as instalment,
        source.dataemissao as issued_on,
        source.datavencimento as due_on,
        coalesce(source.dataprevbaixa, source.datavencimento) as effective_due_on,
        source.databaixa as last_settled_on,
        source.valororiginal as amount,
        -- what is due: the optional amounts and an agreement add to it as interest does
        cast(
            source.valororiginal + coalesce(source.valorjuros, 0)
            + coalesce(source.valoracrescimoacordo, 0) + coalesce(source.valorjurosacordo, 0)
            {%- for number in range(1, 9) %}
            + coalesce(source.valorop{{ number }}, 0)
            {%- endfor %}
            - coalesce(source.valordesconto, 0) as decimal(18, 2)
        ) as due_amount,
        coalesce(source.valorbaixado, 0) as settled_amount,
        {{ blank_to_null('source.codcxa') }} as holder_account,
        {{ blank_to_null('source.codcnvbanco') }} as wallet,
        {{ blank_to_null('source.codaplicacao') }} as origin
    from source
    left join statuses on trim(source.statuslan) = statuses.status

)

select * from final
