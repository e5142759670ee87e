-- tit_acr. A title bears series and number of the note that it comes from.

with source as (

    select * from {{ source('raw_datasul', 'tit_acr') }}

),

species as (

    select * from {{ source('raw_datasul', 'espec_docto') }}
    where {{ is_standing() }}

),

kinds as (

    select
        {{ without_accents('title_type') }} as native_kind,
        title_kind,
        sign
    from {{ ref('erp_title_types') }}
    where system = 'datasul'

),

partners as (

    select * from {{ ref('base_datasul__partners') }}

),

notes as (

    select
        source,
        branch_code,
        document_series,
        document_number,
        min(erp_document_key) as erp_document_key
    from {{ ref('base_datasul__outbound_documents') }}
    group by source, branch_code, document_series, document_number

),

-- a title that comes from several others has no one parent
parents as (

    select
        _source as source,
        cod_estab,
        num_id_tit_acr,
        min(
            {{ key_of_row(
                'tit_acr', ['coalesce(cod_estab_tit_acr_pai, cod_estab)', 'num_id_tit_acr_pai'], given='num_id_tit_acr_pai'
            ) }}
        ) as parent_title_key
    from {{ source('raw_datasul', 'relacto_tit_acr') }}
    where {{ is_standing() }} and num_id_tit_acr_pai <> 0
    group by _source, cod_estab, num_id_tit_acr
    having count(distinct num_id_tit_acr_pai) = 1

),

titles as (

    select
        {{ envelope('datasul', 'title_key') }},
        cod_empresa as company_code,
        trim(cod_estab) as branch_code,
        cod_estab,
        num_id_tit_acr,
        cod_espec_docto,
        {{ blank_to_null('ind_tip_espec_docto') }} as native_kind,
        cdn_cliente as partner_number,
        cod_ser_docto as title_prefix,
        cod_tit_acr as title_number,
        cod_parcela as instalment,
        dat_emis_docto as issued_on,
        dat_transacao as recorded_on,
        dat_vencto_tit_acr as due_on,
        coalesce(dat_prev_liquidac, dat_vencto_tit_acr) as effective_due_on,
        dat_vencto_origin_tit_acr as original_due_on,
        {{ datasul_currency('cod_indic_econ') }} as currency,
        val_origin_tit_acr as amount,
        val_sdo_tit_acr as balance,
        -- the end of the calendar stands for: not settled yet
        case when dat_liquidac_tit_acr < date '9999-12-31' then dat_liquidac_tit_acr end as settled_on,
        {{ datasul_flag('log_tit_acr_estordo') }} as is_cancelled,
        {{ blank_to_null('cod_portador') }} as holder_bank,
        {{ blank_to_null('cod_cart_bcia') }} as wallet
    from source

),

final as (

    select
        {{ carried_envelope('titles') }},
        titles.company_code,
        titles.branch_code,
        titles.title_key,
        'receivable' as side,
        titles.cod_espec_docto as title_type,
        -- a kind that nobody told us of is shown as it came, and has no sign
        coalesce(kinds.title_kind, titles.native_kind, species.ind_tip_espec_docto) as title_kind,
        kinds.sign,
        parents.parent_title_key,
        notes.erp_document_key,
        cast(titles.partner_number as varchar) as partner_code,
        partners.tax_id as partner_tax_id,
        titles.title_prefix,
        titles.title_number,
        titles.instalment,
        titles.issued_on,
        titles.recorded_on,
        titles.due_on,
        titles.effective_due_on,
        titles.original_due_on,
        titles.currency,
        titles.amount,
        case when titles.currency = 'BRL' then titles.amount end as amount_brl,
        case when titles.is_cancelled then 0 else titles.balance end as open_amount,
        titles.settled_on,
        titles.is_cancelled,
        not titles.is_cancelled and coalesce(titles.balance <> 0, titles.settled_on is null) as is_open,
        titles.holder_bank,
        titles.wallet,
        titles.amount as native_amount
    from titles
    left join species
        on
            titles.source = species._source
            and titles.cod_espec_docto = species.cod_espec_docto
    left join kinds
        on {{ without_accents('coalesce(titles.native_kind, species.ind_tip_espec_docto)') }} = kinds.native_kind
    left join partners
        on
            titles.source = partners.source
            and titles.partner_number = partners.partner_number
    left join notes
        on
            titles.source = notes.source
            and titles.branch_code = notes.branch_code
            and titles.title_prefix = notes.document_series
            and titles.title_number = notes.document_number
    left join parents
        on
            titles.source = parents.source
            and titles.cod_estab = parents.cod_estab
            and titles.num_id_tit_acr = parents.num_id_tit_acr

)

select * from final
