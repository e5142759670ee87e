-- Which payment (AP) pays which authorisation (AD): many to many, each side without the version of the payment.

with source as (

    select * from {{ source('raw_logix', 'ad_ap') }}

),

final as (

    select
        {{ envelope('logix', 'pair_key') }},
        cod_empresa as branch_code,
        {{ key_of_row('ad_mestre', ['cod_empresa', 'num_ad']) }} as authorisation_key,
        {{ key_of_row('ap', ['cod_empresa', 'num_ap']) }} as title_key
    from source

)

select * from final
