with source as (

    select * from {{ source('raw_winthor', 'pcprovlanctechfin') }}

),

final as (

    select
        {{ envelope('winthor', 'provision_key') }},
        {{ blank_to_null('codfilial') }} as branch_code,
        {{ winthor_key('PCNFSAID', ['numtransvenda']) }} as invoice_key,
        {{ blank_to_null('prestapi') }} as financier_instalment,
        {{ winthor_key('PCLANC', ['recnum']) }} as payable_key,
        {{ winthor_key('PCRETCONCILIACAOMAISNEG', ['conciliacaoid']) }} as financier_entry_key,
        valor as amount,
        {{ blank_to_null('tipo') }} as native_type,
        {{ blank_to_null('tipolancamento') }} as entry_type,
        {{ blank_to_null('tabelaorigem') }} as origin_table,
        {{ blank_to_null('motivo') }} as reason,
        {{ blank_to_null('erpid') }} as erp_id,
        dtlancamento as entered_at,
        dtpagto as paid_at,
        dtlanc as recorded_on,
        {{ blank_to_null('codconta') }} as managerial_account,
        dtexecucaoconcil as reconciled_at
    from source

)

select * from final
