-- CT2 with DC 4 holds no amount, only more of the history of the entry that it follows (CT2_SEQLAN).

with source as (

    select * from {{ source('raw_protheus', 'ct2') }}
    where
        {{ is_standing() }}
        and ct2_dc = '4'

),

final as (

    select
        _source as source,
        ct2_filial as branch,
        ct2_data as posted_on,
        ct2_lote as lot,
        ct2_sblote as sublot,
        ct2_doc as document,
        ct2_seqlan as entry_sequence,
        ct2_tpsald as balance_type,
        ct2_moedlc as currency_code,
        string_agg(trim(ct2_hist), ' ' order by ct2_linha, r_e_c_n_o_) as text
    from source
    where {{ blank_to_null('ct2_seqlan') }} is not null
    group by _source, ct2_filial, ct2_data, ct2_lote, ct2_sblote, ct2_doc, ct2_seqlan, ct2_tpsald, ct2_moedlc

)

select * from final
