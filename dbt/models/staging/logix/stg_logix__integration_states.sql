-- The modules that an outbound document is handed to (S004-02): sales, where it lies itself, and those of fat_nf_integr. What a
-- letter means is a row of the catalogue; one that nobody has described is done, for only P is known to wait.

with documents as (

    select * from {{ source('raw_logix', 'fat_nf_mestre') }}
    where coalesce(status_nota_fiscal, '') <> 'S'

),

handed_over as (

    select * from {{ source('raw_logix', 'fat_nf_integr') }}

),

transactions as (

    select * from {{ ref('base_logix__transactions') }}

),

states as (

    select * from {{ ref('logix_integration_states') }}

),

legs as (

    select
        {{ envelope('logix', 'document_key') }},
        empresa as branch_code,
        trans_nota_fiscal as document_id,
        'vendas' as leg,
        -- what has come as far as this table lies in sales, whatever its own letter says
        'I' as native_status,
        dat_hor_emissao as integrated_at
    from documents
    {% for leg, status, instant in [
        ('livros_fiscais', 'status_integr_obf', 'dat_hor_integr_obf'),
        ('contabilidade', 'status_intg_contab', 'dat_hr_intg_contab'),
        ('contas_a_receber', 'status_intg_creceb', 'dat_hr_intg_creceb'),
        ('estoque', 'status_intg_est', 'dat_hr_intg_est'),
    ] %}

    union all

    select
        {{ envelope('logix', 'document_key') }},
        empresa as branch_code,
        trans_nota_fiscal as document_id,
        '{{ leg }}' as leg,
        upper({{ blank_to_null(status) }}) as native_status,
        {{ instant }} as integrated_at
    from handed_over
    {% endfor %}

),

keyed as (

    select
        *,
        {{ key_of_row('fat_nf_mestre', ['branch_code', 'document_id'], 'source') }} as erp_document_key
    from legs

),

final as (

    select
        {{ carried_envelope('keyed', part='keyed.leg') }},
        concat(keyed.document_key, '|', keyed.leg) as state_key,
        keyed.branch_code,
        keyed.erp_document_key,
        keyed.leg,
        keyed.native_status,
        case when keyed.native_status is not null then coalesce(states.state, 'done') end as state,
        case when coalesce(states.state, 'done') = 'done' then keyed.integrated_at end as integrated_at
    from keyed
    left join transactions on keyed.erp_document_key = transactions.erp_document_key
    left join states on keyed.native_status = states.native_status
    where not coalesce(transactions.is_solicitation, false)

)

select * from final
