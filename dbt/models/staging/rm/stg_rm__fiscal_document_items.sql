-- The items (TITMMOV) of the movements that are notes.

with source as (

    select * from {{ source('raw_rm', 'titmmov') }}

),

-- what a movement is does not change: any version tells
notes as (

    select
        erp_document_key,
        min(direction) as direction,
        min(branch_code) as branch_code,
        max(posted_on) as posted_on
    from {{ ref('base_rm__notes') }}
    group by erp_document_key

),

items as (

    select
        {{ envelope('rm', 'item_key') }},
        cast(codcoligada as varchar) as company_code,
        {{ key_of_row('TMOV', ['codcoligada', 'idmov'], zero_is_none=true, given='idmov') }} as erp_document_key,
        cast(nseqitmmov as varchar) as item,
        cast(idprd as varchar) as product_code,
        quantidade as quantity,
        precounitario as unit_price,
        valortotalitem as amount
    from source

),

final as (

    select
        {{ carried_envelope('items') }},
        items.company_code,
        notes.branch_code,
        items.item_key,
        items.erp_document_key,
        notes.direction,
        items.item,
        items.product_code,
        items.quantity,
        items.unit_price,
        items.amount,
        notes.posted_on,
        items.amount as native_amount
    from items
    inner join notes on items.erp_document_key = notes.erp_document_key

)

select * from final
