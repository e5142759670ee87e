with source as (

    select * from {{ source('raw_winthor', 'pcconta') }}

),

final as (

    select
        {{ envelope('winthor', 'account_key') }},
        codconta as managerial_account,
        conta as account_name,
        grupoconta as account_group
    from source
    where {{ is_standing() }}

)

select * from final
