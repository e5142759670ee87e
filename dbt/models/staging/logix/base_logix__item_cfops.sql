-- The CFOP of an outbound item, which stands in the tax configuration that its taxes were made by; that of ICMS speaks before the
-- others'.

with taxes as (

    select * from {{ source('raw_logix', 'fat_nf_item_fisc') }}
    where {{ is_standing() }}

),

configurations as (

    select * from {{ source('raw_logix', 'obf_config_fiscal') }}
    where {{ is_standing() }}

),

ranked as (

    select
        taxes._source as source,
        taxes.empresa as branch_code,
        taxes.trans_nota_fiscal as document_id,
        taxes.seq_item_nf as item,
        {{ logix_cfop('configurations.cod_fiscal') }} as cfop,
        row_number() over (
            partition by taxes._source, taxes.empresa, taxes.trans_nota_fiscal, taxes.seq_item_nf
            order by case when upper(trim(taxes.tributo_benef)) = 'ICMS' then 0 else 1 end, taxes.tributo_benef
        ) as place
    from taxes
    inner join configurations
        on
            taxes._source = configurations._source
            and taxes.empresa = configurations.empresa
            and taxes.trans_config = configurations.trans_config
    where {{ logix_cfop('configurations.cod_fiscal') }} is not null

),

final as (

    select
        source,
        branch_code,
        document_id,
        item,
        cfop
    from ranked
    where place = 1

)

select * from final
