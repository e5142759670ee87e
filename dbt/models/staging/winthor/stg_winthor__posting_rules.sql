with rules as (

    select
        *,
        {{ envelope('winthor', 'rule_key') }}
    from {{ source('raw_winthor', 'pcregracontabil') }}

),

facts as (

    select * from {{ source('raw_winthor', 'pcfatogerador') }}
    where {{ is_standing() }}

),

final as (

    select
        {{ carried_envelope('rules') }},
        rules.rule_key,
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
