-- PCPREST (receivable) and PCLANC (payable) as titles.
-- Open is what has neither payment nor cancellation: a partial payment splits the title, so face minus paid is no balance.

with receivables as (

    select
        *,
        -- a cancelling routine may have set the face to zero
        case when dtcancel is null then valor else coalesce(nullif(valor, 0), nullif(valororig, 0)) end as face
    from {{ source('raw_winthor', 'pcprest') }}

),

payables as (

    select * from {{ source('raw_winthor', 'pclanc') }}

),

partners as (

    select * from {{ ref('base_winthor__partners') }}

),

billing_codes as (

    select * from {{ ref('winthor_billing_codes') }}

),

final as (

    select
        {{ envelope('winthor', 'title_key') }},
        coalesce({{ blank_to_null('receivables.codfilialnf') }}, {{ blank_to_null('receivables.codfilial') }}, '') as branch_code,
        'receivable' as side,
        {{ blank_to_null('receivables.tipo') }} as title_type,
        -- a code that is no receivable (returns, bonus, credits, what was split) stays visible and owes nothing
        case when coalesce(billing_codes.is_receivable, true) then 'ordinary' else 'non_receivable' end as title_kind,
        1 as sign,
        {{ winthor_key('PCNFSAID', ['receivables.numtransvenda'], 'receivables._source') }} as erp_document_key,
        cast(receivables.codcli as varchar) as partner_code,
        partners.tax_id as partner_tax_id,
        receivables.duplic as title_number,
        receivables.prest as instalment,
        receivables.dtemissao as issued_on,
        coalesce({{ local_date('receivables.dtinclusao') }}, receivables.dtemissao) as recorded_on,
        receivables.dtvenc as due_on,
        receivables.dtvenc as effective_due_on,
        coalesce(receivables.dtvencorig, receivables.dtvencanterior, receivables.dtvenc) as original_due_on,
        'BRL' as currency,
        receivables.face as amount,
        receivables.face as amount_brl,
        case
            when receivables.dtpag is null and receivables.dtcancel is null and coalesce(billing_codes.is_receivable, true)
                then receivables.valor
            else 0
        end as open_amount,
        receivables.dtpag as settled_on,
        receivables.dtcancel is not null as is_cancelled,
        receivables.dtcancel as cancelled_on,
        receivables.dtpag is null and receivables.dtcancel is null and coalesce(billing_codes.is_receivable, true) as is_open,
        {{ blank_to_null('receivables.codbanco') }} as holder_bank,
        {{ blank_to_null('receivables.codcob') }} as wallet,
        cast(receivables.numped as varchar) as order_number,
        {{ blank_to_null('receivables.rotinainsert') }} as origin,
        receivables.valor as native_amount
    from receivables
    left join billing_codes on receivables.codcob = billing_codes.billing_code
    left join partners
        on
            receivables._source = partners.source
            and partners.register = 'customer'
            and cast(receivables.codcli as varchar) = partners.partner_code

    union all

    select
        {{ envelope('winthor', 'title_key') }},
        coalesce({{ blank_to_null('payables.codfilial') }}, '') as branch_code,
        'payable' as side,
        {{ blank_to_null('payables.tipolanc') }} as title_type,
        case when payables.tipolanc = 'P' then 'provisional' else 'ordinary' end as title_kind,
        -- a negative entry lowers what is owed
        case when payables.valor < 0 then -1 else 1 end as sign,
        {{ winthor_key('PCNFENT', ['payables.numtransent'], 'payables._source') }} as erp_document_key,
        cast(payables.codfornec as varchar) as partner_code,
        partners.tax_id as partner_tax_id,
        cast(payables.numnota as varchar) as title_number,
        {{ blank_to_null('payables.duplic') }} as instalment,
        payables.dtemissao as issued_on,
        payables.dtlanc as recorded_on,
        payables.dtvenc as due_on,
        payables.dtvenc as effective_due_on,
        payables.dtvenc as original_due_on,
        'BRL' as currency,
        abs(payables.valor) as amount,
        abs(payables.valor) as amount_brl,
        case when payables.dtpagto is null then abs(payables.valor) else 0 end as open_amount,
        payables.dtpagto as settled_on,
        false as is_cancelled,
        cast(null as date) as cancelled_on,
        payables.dtpagto is null as is_open,
        {{ blank_to_null('payables.numbanco') }} as holder_bank,
        cast(null as varchar) as wallet,
        cast(null as varchar) as order_number,
        {{ blank_to_null('payables.indice') }} as origin,
        payables.valor as native_amount
    from payables
    left join partners
        on
            payables._source = partners.source
            and case when payables.tipoparceiro = 'C' then 'customer' else 'supplier' end = partners.register
            and cast(payables.codfornec as varchar) = partners.partner_code

)

select * from final
