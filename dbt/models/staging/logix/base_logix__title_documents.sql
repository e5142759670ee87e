-- The outbound document behind each receivable title: the preview of instalments names the title that it became; where it does not,
-- the title names the number and series of its origin. A title that groups several documents has none of its own.

with previews as (

    select * from {{ source('raw_logix', 'fat_nf_duplicata') }}
    where {{ is_standing() }}

),

titles as (

    select * from {{ source('raw_logix', 'docum') }}
    where _superseded_at is null

),

transactions as (

    select * from {{ source('raw_logix', 'fat_nf_mestre') }}
    where
        _superseded_at is null
        and coalesce(status_nota_fiscal, '') <> 'S'

),

named_by_preview as (

    select
        _source as source,
        coalesce({{ blank_to_null('empresa_cre') }}, empresa) as branch_code,
        trim(docum_cre) as title_number,
        min({{ key_of_row('fat_nf_mestre', ['empresa', 'trans_nota_fiscal']) }}) as erp_document_key,
        count(distinct {{ key_of_row('fat_nf_mestre', ['empresa', 'trans_nota_fiscal']) }}) as documents
    from previews
    where {{ blank_to_null('docum_cre') }} is not null
    group by _source, coalesce({{ blank_to_null('empresa_cre') }}, empresa), trim(docum_cre)

),

named_by_title as (

    select
        titles._key as title_key,
        min(transactions._key) as erp_document_key,
        count(distinct transactions._key) as documents
    from titles
    inner join transactions
        on
            titles._source = transactions._source
            and titles.cod_empresa = transactions.empresa
            and {{ document_number('titles.num_docum_origem') }} = transactions.nota_fiscal
            -- Logix numbers each series on its own; a title without one is believed by its customer
            and coalesce({{ series_number('titles.ies_serie_fat') }} = {{ series_number('transactions.serie_nota_fiscal') }}, true)
            and trim(titles.cod_cliente) = trim(transactions.cliente)
    group by titles._key

),

final as (

    select
        titles._key as title_key,
        case
            when named_by_preview.documents = 1 then named_by_preview.erp_document_key
            when named_by_preview.documents is null and named_by_title.documents = 1 then named_by_title.erp_document_key
        end as erp_document_key
    from titles
    left join named_by_preview
        on
            titles._source = named_by_preview.source
            and titles.cod_empresa = named_by_preview.branch_code
            and trim(titles.num_docum) = named_by_preview.title_number
    left join named_by_title on titles._key = named_by_title.title_key
    group by
        titles._key, named_by_preview.documents, named_by_preview.erp_document_key,
        named_by_title.documents, named_by_title.erp_document_key

)

select * from final
where erp_document_key is not null
