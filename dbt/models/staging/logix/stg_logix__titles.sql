-- docum and ap as the canonical title. Of a payment (AP) only the version that Logix calls current is a title, and its key leaves
-- the version out: the next version is the same payment, changed.

with receivables as (

    select * from {{ source('raw_logix', 'docum') }}

),

payables as (

    select * from {{ source('raw_logix', 'ap') }}
    where coalesce({{ blank_to_null('ies_versao_atual') }}, 'S') = 'S'

),

payments as (

    select
        _source as source,
        cod_empresa,
        num_docum,
        ies_tip_docum,
        max(dat_pgto) as last_paid_on
    from {{ source('raw_logix', 'docum_pgto') }}
    where {{ is_standing() }}
    group by _source, cod_empresa, num_docum, ies_tip_docum

),

title_documents as (

    select * from {{ ref('base_logix__title_documents') }}

),

payable_documents as (

    select * from {{ ref('base_logix__payable_documents') }}

),

title_types as (

    select
        title_type,
        title_kind,
        sign
    from {{ ref('erp_title_types') }}
    where system = 'logix'

),

registered_types as (

    select
        _source as source,
        cod_empresa,
        trim(ies_tip_docum) as title_type,
        max(deb_cre) as deb_cre
    from {{ source('raw_logix', 'par_tipo_docum') }}
    where {{ is_standing() }}
    group by _source, cod_empresa, trim(ies_tip_docum)

),

partners as (

    select * from {{ ref('base_logix__partners') }}

),

of_receivables as (

    select
        {{ envelope('logix', 'native_key') }},
        _key as title_key,
        cod_empresa as branch_code,
        'receivable' as side,
        trim(ies_tip_docum) as title_type,
        trim(cod_cliente) as partner_code,
        'customer' as wanted_register,
        {{ blank_to_null('ies_serie_fat') }} as title_prefix,
        trim(num_docum) as title_number,
        cast(null as varchar) as instalment,
        dat_emis as issued_on,
        dat_emis as recorded_on,
        coalesce(dat_prorrogada, dat_vencto_s_desc) as due_on,
        dat_vencto_s_desc as original_due_on,
        val_bruto as amount,
        val_saldo as open_amount,
        coalesce(ies_situa_docum = 'C', false) as is_cancelled,
        -- where the balance was not delivered, the letter speaks
        coalesce(val_saldo > 0, coalesce(ies_pgto_docum, 'A') <> 'T') as has_balance,
        cast(null as date) as native_settled_on,
        cast(null as bigint) as payment_id,
        {{ blank_to_null('cod_portador') }} as holder_bank,
        cast(null as varchar) as holder_account,
        {{ blank_to_null('ies_tip_portador') }} as wallet,
        {{ blank_to_null('num_pedido') }} as order_number,
        {{ blank_to_null('num_docum_origem') }} as origin,
        cast(null as boolean) as is_accounted,
        num_docum,
        ies_tip_docum
    from receivables

),

of_payables as (

    select
        {{ envelope('logix', 'native_key') }},
        {{ key_of_row('ap', ['cod_empresa', 'num_ap']) }} as title_key,
        cod_empresa as branch_code,
        'payable' as side,
        'AP' as title_type,
        trim(cod_fornecedor) as partner_code,
        'supplier' as wanted_register,
        cast(null as varchar) as title_prefix,
        cast(num_ap as varchar) as title_number,
        cast(num_parcela as varchar) as instalment,
        dat_emis as issued_on,
        dat_emis as recorded_on,
        dat_vencto_s_desc as due_on,
        dat_vencto_s_desc as original_due_on,
        val_nom_ap as amount,
        case when ies_baixada = 'S' or dat_pgto is not null then 0 else val_nom_ap end as open_amount,
        false as is_cancelled,
        coalesce(ies_baixada, 'N') <> 'S' and dat_pgto is null as has_balance,
        dat_pgto as native_settled_on,
        num_ap as payment_id,
        coalesce({{ blank_to_null('cod_bco_pagador') }}, {{ blank_to_null('cod_portador') }}) as holder_bank,
        {{ blank_to_null('num_conta_banc') }} as holder_account,
        cast(null as varchar) as wallet,
        cast(null as varchar) as order_number,
        {{ blank_to_null('num_nf') }} as origin,
        ies_ap_contab = 'S' as is_accounted,
        cast(null as varchar) as num_docum,
        cast(null as varchar) as ies_tip_docum
    from payables

),

together as (

    select * from of_receivables
    union all
    select * from of_payables

),

final as (

    select
        {{ carried_envelope('together') }},
        together.title_key,
        together.branch_code,
        together.side,
        together.title_type,
        coalesce(title_types.title_kind, 'ordinary') as title_kind,
        -- what the company says of its title types goes before what they usually are
        case registered_types.deb_cre when 'C' then -1 when 'D' then 1 else coalesce(title_types.sign, 1) end as sign,
        coalesce(title_documents.erp_document_key, payable_documents.erp_document_key) as erp_document_key,
        together.partner_code,
        partners.tax_id as partner_tax_id,
        together.title_prefix,
        together.title_number,
        together.instalment,
        together.issued_on,
        together.recorded_on,
        together.due_on,
        together.due_on as effective_due_on,
        together.original_due_on,
        'BRL' as currency,
        together.amount,
        together.amount as amount_brl,
        together.open_amount,
        case when not together.has_balance then coalesce(together.native_settled_on, payments.last_paid_on) end as settled_on,
        together.is_cancelled,
        together.has_balance and not together.is_cancelled as is_open,
        together.holder_bank,
        together.holder_account,
        together.wallet,
        together.order_number,
        together.origin,
        together.is_accounted,
        together.amount as native_amount
    from together
    left join title_types
        on
            together.side = 'receivable'
            and together.title_type = title_types.title_type
    left join registered_types
        on
            together.side = 'receivable'
            and together.source = registered_types.source
            and together.branch_code = registered_types.cod_empresa
            and together.title_type = registered_types.title_type
    left join payments
        on
            together.source = payments.source
            and together.branch_code = payments.cod_empresa
            and together.num_docum = payments.num_docum
            and together.ies_tip_docum = payments.ies_tip_docum
    left join title_documents on together.title_key = title_documents.title_key
    left join payable_documents
        on
            together.source = payable_documents.source
            and together.branch_code = payable_documents.branch_code
            and together.payment_id = payable_documents.payment_id
    left join partners
        on
            together.source = partners.source
            and together.partner_code = partners.partner_code
            and {{ logix_answers('partners', 'together.wanted_register') }}

)

select * from final
