-- nf_sup with the cancellation that aviso_rec_compl tells of. The declared amount is the document's, the calculated one what Logix
-- makes of it.

with source as (

    select * from {{ source('raw_logix', 'nf_sup') }}

),

cancelled as (

    select
        _source as source,
        cod_empresa,
        num_aviso_rec
    from {{ source('raw_logix', 'aviso_rec_compl') }}
    where
        {{ is_standing() }}
        and ies_situacao = 'C'
    group by _source, cod_empresa, num_aviso_rec

),

final as (

    select
        {{ envelope('logix', 'erp_document_key') }},
        source._row_hash as row_hash,
        'inbound' as direction,
        cast(null as boolean) as is_own_form,
        cancelled.source is not null as is_cancelled,
        cast(null as timestamp with time zone) as cancelled_at,
        source.cod_empresa as branch_code,
        source.num_aviso_rec as document_id,
        trim(source.cod_fornecedor) as partner_code,
        'supplier' as wanted_register,
        source.chave_acesso as own_access_key,
        cast(null as varchar) as electronic_model,
        upper({{ blank_to_null('source.ies_especie_nf') }}) as species,
        cast(source.num_nf as varchar) as document_number,
        trim(source.ser_nf) as document_series,
        coalesce({{ blank_to_null('source.ies_nf_com_erro') }}, '') as native_status,
        source.val_tot_nf_d as amount,
        source.val_tot_icms_nf_d as icms_amount,
        source.val_ipi_nf as ipi_amount,
        source.dat_emis_nf as issued_on,
        coalesce(source.dat_entrada_nf, source.dat_emis_nf) as posted_on
    from source
    left join cancelled
        on
            source._source = cancelled.source
            and source.cod_empresa = cancelled.cod_empresa
            and source.num_aviso_rec = cancelled.num_aviso_rec

)

select * from final
