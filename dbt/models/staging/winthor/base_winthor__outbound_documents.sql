with source as (

    select * from {{ source('raw_winthor', 'pcnfsaid') }}

),

titles as (

    select * from {{ source('raw_winthor', 'pcprest') }}
    where {{ is_standing() }}

),

billing_codes as (

    select * from {{ ref('winthor_billing_codes') }}

),

-- what was sold at term, by the faces at inclusion; a title that was split is told by its parts
sold as (

    select
        titles._source as source,
        titles.numtransvenda,
        cast(nullif(sum(titles.valororig), 0) as decimal(18, 2)) as amount
    from titles
    left join billing_codes on titles.codcob = billing_codes.billing_code
    where coalesce(billing_codes.is_receivable, true)
    group by titles._source, titles.numtransvenda

),

final as (

    select
        {{ envelope('winthor', 'erp_document_key') }},
        _row_hash as row_hash,
        'outbound' as direction,
        true as is_own_form,
        coalesce({{ blank_to_null('source.codfilialnf') }}, {{ blank_to_null('source.codfilial') }}, '') as branch_code,
        {{ tax_id('source.cgcfilial') }} as branch_tax_id,
        'customer' as partner_register,
        cast(source.codcli as varchar) as partner_code,
        {{ tax_id('source.cgc') }} as partner_tax_id,
        upper({{ blank_to_null('source.chavenfe') }}) as nfe_key,
        upper({{ blank_to_null('source.chavecte') }}) as cte_key,
        upper({{ blank_to_null('source.especie') }}) as species,
        cast(source.numnota as varchar) as document_number,
        source.serie as document_series,
        {{ winthor_sefaz_status('source') }} as sefaz_status,
        source.dtcancel as cancelled_on,
        {{ local_date('source.dthoracancelamentosefaz') }} as cancelled_at_sefaz_on,
        source.vltotal as native_amount,
        -- what the row had before a cancelling routine set it to zero, as far as the store saw it; else what the titles tell
        coalesce(
            last_value(nullif(source.vltotal, 0) ignore nulls) over (
                partition by source._row_id order by source._version rows between unbounded preceding and current row
            ),
            sold.amount
        ) as amount_before_cancellation,
        source.vlicms as icms_amount,
        source.vlipi as ipi_amount,
        coalesce(source.dtsaida, source.dtfat) as issued_on,
        coalesce(source.dtsaida, source.dtfat) as posted_on,
        false as is_disagreed
    from source
    left join sold
        on
            source._source = sold.source
            and source.numtransvenda = sold.numtransvenda
    -- homologação reaches no mart
    where upper(coalesce({{ blank_to_null('source.ambientenfe') }}, 'P')) not in ('H', '2')

)

select * from final
