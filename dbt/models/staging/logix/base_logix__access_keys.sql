-- The access keys, which Logix keeps apart from the documents: obf_nf_eletr for what it issues, sup_par_ar for what it receives.
-- They are those of now; a key written later is taken to have been there from the first.

with issued as (

    select * from {{ source('raw_logix', 'obf_nf_eletr') }}
    where {{ is_standing() }}

),

received as (

    select * from {{ source('raw_logix', 'sup_par_ar') }}
    where {{ is_standing() }}

),

told as (

    select
        _source as source,
        'outbound' as direction,
        empresa as branch_code,
        trans_nota_fiscal as document_id,
        chave_acesso,
        _row_id as row_id,
        1 as preference
    from issued
    where coalesce(trans_nota_fiscal, 0) <> 0

    union all

    -- what a supplier's note says of itself goes before what was made for a note of our own
    select
        _source as source,
        'inbound' as direction,
        empresa as branch_code,
        aviso_recebto as document_id,
        parametro_texto as chave_acesso,
        _row_id as row_id,
        1 as preference
    from received
    where
        parametro = 'chav_aces_nf_eletr'
        and coalesce(seq_aviso_recebto, 0) = 0

    union all

    select
        _source as source,
        'inbound' as direction,
        empresa as branch_code,
        aviso_recebto as document_id,
        chave_acesso,
        _row_id as row_id,
        2 as preference
    from issued
    where coalesce(aviso_recebto, 0) <> 0

),

ranked as (

    select
        source,
        direction,
        branch_code,
        document_id,
        coalesce(upper({{ blank_to_null('chave_acesso') }}), '') as access_key,
        row_number() over (
            partition by source, direction, branch_code, document_id
            order by coalesce({{ blank_to_null('chave_acesso') }}, '') = '', preference, row_id desc
        ) as place
    from told

),

final as (

    select
        source,
        direction,
        branch_code,
        document_id,
        access_key
    from ranked
    where place = 1

)

select * from final
