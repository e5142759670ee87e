-- CT-e that SEFAZ told of: a list to look at, neither a posting nor a queue.

with source as (

    select * from {{ source('raw_winthor', 'pcctedestinado') }}

),

final as (

    select
        {{ envelope('winthor', 'cte_key') }},
        {{ blank_to_null('codfilial') }} as branch_code,
        upper({{ blank_to_null('chavecte') }}) as access_key,
        datarecebdocumento as received_on,
        dataemissao as issued_on,
        dataentrada as entered_on,
        {{ tax_id('cnpjcpfemitente') }} as issuer_id,
        {{ tax_id('cnpjcpfdestinatario') }} as recipient_id,
        {{ blank_to_null('ambiente') }} as environment,
        vltotalcte as amount
    from source

)

select * from final
