-- The instalments of each payment term of payables.

with source as (

    select * from {{ source('raw_logix', 'cond_pg_item_cap') }}

),

final as (

    select
        {{ envelope('logix', 'term_key') }},
        trim(cnd_pgto) as payment_term,
        cast(num_parcela as varchar) as instalment,
        qtd_dias as days,
        pct_val_vencto as share
    from source

)

select * from final
