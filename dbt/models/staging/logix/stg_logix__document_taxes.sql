-- Each tax of an outbound document (ICMS, CBS, IBS_UF, IBS_MUN …): as its header says, else as its items add up to (S004-50).

with taxes as (

    select * from {{ ref('base_logix__document_taxes') }}

),

final as (

    select
        source,
        'logix' as system,
        branch_code,
        {{ key_of_row('fat_nf_mestre', ['branch_code', 'document_id'], 'source') }} as erp_document_key,
        tax,
        base_amount,
        tax_amount,
        tax_amount_of_items
    from taxes

)

select * from final
