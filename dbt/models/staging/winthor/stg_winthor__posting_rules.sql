with rules as (

    select * from {{ source('raw_winthor', 'pcregracontabil') }}

),

facts as (

    select * from {{ source('raw_winthor', 'pcfatogerador') }}
    where {{ is_standing() }}

),

final as (

    select
        rules._source as source,
        'winthor' as system,
        rules._key as rule_key,
        rules._row_id as row_id,
        rules._version as version,
        rules._changed_at as changed_at,
        rules._inserted_at as inserted_at,
        rules._recorded_at as recorded_at,
        rules._superseded_at as superseded_at,
        rules._is_deleted as is_deleted,
        {{ blank_to_null('rules.codfilial') }} as branch_code,
        rules.codregra as posting_rule,
        coalesce({{ blank_to_null('rules.descricaoregra') }}, {{ blank_to_null('facts.descricao') }}) as description,
        coalesce(rules.ativo = 'S', false) as is_active,
        {{ blank_to_null('facts.sqlfatogerador') }} as amount_formula,
        {{ blank_to_null('rules.histcomplregra') }} as history_formula,
        {{ blank_to_null('rules.codfatogerador') }} as origin
    from rules
    left join facts
        on
            rules._source = facts._source
            and rules.codfatogerador = facts.codfatogerador

)

select * from final
