with voided as (

    select * from {{ ref('int_fiscal_numbers__voided') }}

),

clock as (

    select * from {{ ref('stg_settings__clock') }}

),

final as (

    select
        voided.issuer_id,
        voided.model,
        voided.series,
        voided.first_number,
        voided.last_number,
        voided.year,
        voided.last_number - voided.first_number + 1 as numbers,
        voided.uf_code,
        voided.voided_at,
        voided.n_prot as protocol_number,
        voided.justification
    from voided
    cross join clock
    where voided.voided_at <= clock.as_of

)

select * from final
