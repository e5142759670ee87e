-- fat_nf_item and aviso_rec. Items of a solicitation are no items of an invoice. CFOPs lose the dot that Logix gives them.

with outbound as (

    select * from {{ source('raw_logix', 'fat_nf_item') }}

),

inbound as (

    select * from {{ source('raw_logix', 'aviso_rec') }}

),

transactions as (

    select * from {{ ref('base_logix__transactions') }}

),

receipts as (

    select
        _source as source,
        cod_empresa,
        num_aviso_rec,
        max(coalesce(dat_entrada_nf, dat_emis_nf)) as posted_on
    from {{ source('raw_logix', 'nf_sup') }}
    where _superseded_at is null
    group by _source, cod_empresa, num_aviso_rec

),

cfops as (

    select * from {{ ref('base_logix__item_cfops') }}

),

of_outbound as (

    select
        {{ envelope('logix', 'item_key') }},
        empresa as branch_code,
        trans_nota_fiscal as document_id,
        seq_item_nf as item_number,
        {{ key_of_row('fat_nf_mestre', ['empresa', 'trans_nota_fiscal']) }} as erp_document_key,
        'outbound' as direction,
        cast(seq_item_nf as varchar) as item,
        {{ blank_to_null('item') }} as product_code,
        cast(qtd_item as decimal(18, 4)) as quantity,
        preco_unit_liquido as unit_price,
        val_liquido_item as amount,
        cast(natureza_operacao as varchar) as operation_type,
        cast(pedido as varchar) as order_number,
        cast(seq_item_pedido as varchar) as order_item
    from outbound

),

of_inbound as (

    select
        {{ envelope('logix', 'item_key') }},
        cod_empresa as branch_code,
        num_aviso_rec as document_id,
        {{ key_of_row('nf_sup', ['cod_empresa', 'num_aviso_rec']) }} as erp_document_key,
        'inbound' as direction,
        cast(num_seq as varchar) as item,
        {{ blank_to_null('cod_item') }} as product_code,
        cast(coalesce(qtd_declarad_nf, qtd_recebida) as decimal(18, 4)) as quantity,
        pre_unit_nf as unit_price,
        val_liquido_item as amount,
        {{ blank_to_null('cod_operac_estoq') }} as operation_type,
        {{ logix_cfop('cod_fiscal_item') }} as cfop,
        cast(num_pedido as varchar) as order_number,
        cast(num_oc as varchar) as order_item
    from inbound

),

final as (

    select
        {{ carried_envelope('of_outbound') }},
        of_outbound.item_key,
        of_outbound.branch_code,
        of_outbound.erp_document_key,
        of_outbound.direction,
        of_outbound.item,
        of_outbound.product_code,
        of_outbound.quantity,
        of_outbound.unit_price,
        of_outbound.amount,
        of_outbound.operation_type,
        cfops.cfop,
        of_outbound.order_number,
        of_outbound.order_item,
        transactions.issued_on as posted_on,
        of_outbound.amount as native_amount
    from of_outbound
    left join transactions on of_outbound.erp_document_key = transactions.erp_document_key
    left join cfops
        on
            of_outbound.source = cfops.source
            and of_outbound.branch_code = cfops.branch_code
            and of_outbound.document_id = cfops.document_id
            and of_outbound.item_number = cfops.item
    where not coalesce(transactions.is_solicitation, false)

    union all

    select
        {{ carried_envelope('of_inbound') }},
        of_inbound.item_key,
        of_inbound.branch_code,
        of_inbound.erp_document_key,
        of_inbound.direction,
        of_inbound.item,
        of_inbound.product_code,
        of_inbound.quantity,
        of_inbound.unit_price,
        of_inbound.amount,
        of_inbound.operation_type,
        of_inbound.cfop,
        of_inbound.order_number,
        of_inbound.order_item,
        receipts.posted_on,
        of_inbound.amount as native_amount
    from of_inbound
    left join receipts
        on
            of_inbound.source = receipts.source
            and of_inbound.branch_code = receipts.cod_empresa
            and of_inbound.document_id = receipts.num_aviso_rec

)

select * from final
