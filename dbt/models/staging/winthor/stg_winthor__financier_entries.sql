-- PRESTAPI counts the financier's instalments from 1; it is not PREST.

with source as (

    select * from {{ source('raw_winthor', 'pcretconciliacaomaisneg') }}

),

final as (

    select
        {{ envelope('winthor', 'entry_key') }},
        {{ blank_to_null('codfilial') }} as branch_code,
        lancamentoid as settlement_id,
        concat('supplier|', lancamentoid) as settlement_key,
        upper({{ blank_to_null('tipo') }}) as direction,
        upper({{ blank_to_null('tipoevento') }}) as event_code,
        dtprocessamento as processed_at,
        dtlancamento as entry_date,
        dtevento as event_date,
        vllancamento as net_amount,
        vltransacao as gross_amount,
        vltaxa as fee_amount,
        vlprovisaoliq as expected_net_amount,
        vlprovisao as expected_gross_amount,
        vltaxaprovisao as expected_fee_amount,
        {{ tax_id('cnpjcliente') }} as customer_tax_id,
        {{ tax_id('cnpjparceiro') }} as partner_tax_id,
        cast(numnota as varchar) as document_number,
        {{ winthor_key('PCNFSAID', ['numtransvenda']) }} as invoice_key,
        {{ blank_to_null('codigotransacaoaprovacaonf') }} as transaction_code,
        vltotaltransacao as invoice_amount,
        vltotparcela as instalment_amount,
        {{ blank_to_null('numtotparcelas') }} as instalments,
        {{ blank_to_null('prestapi') }} as financier_instalment,
        dtvencorig as original_due_on,
        {{ blank_to_null('status') }} as native_status,
        {{ blank_to_null('motivo') }} as reason,
        tentativaprocessamento as attempts
    from source

)

select * from final
