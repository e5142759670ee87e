-- What each outbound document bears of a tax: as its header says, else as its items add up to.

with headers as (

    select * from {{ source('raw_logix', 'fat_mestre_fiscal') }}
    where {{ is_standing() }}

),

items as (

    select * from {{ source('raw_logix', 'fat_nf_item_fisc') }}
    where {{ is_standing() }}

),

of_headers as (

    select
        _source as source,
        empresa as branch_code,
        trans_nota_fiscal as document_id,
        upper(trim(tributo_benef)) as tax,
        sum(bc_tributo_tot) as base_amount,
        sum(val_tributo_tot) as tax_amount
    from headers
    group by _source, empresa, trans_nota_fiscal, upper(trim(tributo_benef))

),

of_items as (

    select
        _source as source,
        empresa as branch_code,
        trans_nota_fiscal as document_id,
        upper(trim(tributo_benef)) as tax,
        sum(bc_tributo_tot) as base_amount,
        sum(val_tributo_tot) as tax_amount
    from items
    group by _source, empresa, trans_nota_fiscal, upper(trim(tributo_benef))

),

final as (

    select
        coalesce(of_headers.source, of_items.source) as source,
        coalesce(of_headers.branch_code, of_items.branch_code) as branch_code,
        coalesce(of_headers.document_id, of_items.document_id) as document_id,
        coalesce(of_headers.tax, of_items.tax) as tax,
        cast(coalesce(of_headers.base_amount, of_items.base_amount) as decimal(18, 2)) as base_amount,
        cast(coalesce(of_headers.tax_amount, of_items.tax_amount) as decimal(18, 2)) as tax_amount,
        cast(of_items.tax_amount as decimal(18, 2)) as tax_amount_of_items
    from of_headers
    full outer join of_items
        on
            of_headers.source = of_items.source
            and of_headers.branch_code = of_items.branch_code
            and of_headers.document_id = of_items.document_id
            and of_headers.tax = of_items.tax

)

select * from final
