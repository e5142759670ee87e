-- Ledger entries as RM writes them, both sides in one row: the parts (CPARTIDA), or CLANCA where a coligada delivers no parts. Both
-- tables hold the same entries.

with parts as (

    select * from {{ source('raw_rm', 'cpartida') }}

),

older as (

    select * from {{ source('raw_rm', 'clanca') }}

),

companies_with_parts as (

    select
        _source,
        codcoligada
    from parts
    group by _source, codcoligada

),

entries as (

    select
        {{ envelope('rm', 'entry_key') }},
        codcoligada as company_number,
        codfilial as branch_number,
        data as posted_on,
        {{ blank_to_null('debito') }} as debit_account,
        {{ blank_to_null('credito') }} as credit_account,
        valor as amount,
        {{ blank_to_null('documento') }} as document,
        {{ blank_to_null('complemento') }} as history,
        {{ blank_to_null('codlote') }} as lot,
        cast(lctref as varchar) as line,
        {{ blank_to_null('codccusto') }} as cost_center,
        {{ blank_to_null('integrachave') }} as integration_key,
        upper({{ blank_to_null('integraaplicacao') }}) as application
    from parts

    union all

    select
        {{ envelope('rm', 'entry_key') }},
        codcoligada as company_number,
        codfilial as branch_number,
        data as posted_on,
        {{ blank_to_null('debito') }} as debit_account,
        {{ blank_to_null('credito') }} as credit_account,
        valor as amount,
        {{ blank_to_null('documento') }} as document,
        {{ blank_to_null('complemento') }} as history,
        {{ blank_to_null('codlote') }} as lot,
        cast(lctref as varchar) as line,
        cast(null as varchar) as cost_center,
        {{ blank_to_null('integrachave') }} as integration_key,
        upper({{ blank_to_null('integraaplicacao') }}) as application
    from older
    where
        not exists (
            select 1
            from companies_with_parts
            where
                older._source = companies_with_parts._source
                and older.codcoligada = companies_with_parts.codcoligada
        )

),

-- the key of the origin contains the IDLAN, or the IDMOV where the entry comes from purchases and sales (T), behind a letter, the
-- coligada or nothing
keyed as (

    select
        *,
        case
            when integration_key like company_number || ';%' then substr(integration_key, length(cast(company_number as varchar)) + 2)
            else integration_key
        end as key_within_company
    from entries

),

traced as (

    select
        *,
        case application when 'T' then 'TMOV' else 'FLAN' end as origin_table,
        nullif(ltrim(regexp_extract(key_within_company, '[0-9]+'), '0'), '') as origin_record
    from keyed

),

final as (

    select
        {{ carried_envelope('traced') }},
        entry_key,
        company_number,
        branch_number,
        posted_on,
        debit_account,
        credit_account,
        amount,
        document,
        history,
        lot,
        line,
        cost_center,
        integration_key,
        application,
        origin_table,
        origin_record,
        case origin_table
            when 'TMOV' then {{ key_of_row(
                'TMOV', ['company_number', 'origin_record'], 'source', zero_is_none=true, given='origin_record'
            ) }}
            else {{ key_of_row(
                'FLAN', ['company_number', 'origin_record'], 'source', zero_is_none=true, given='origin_record'
            ) }}
        end as origin_key
    from traced

)

select * from final
