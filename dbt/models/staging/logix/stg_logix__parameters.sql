-- The parameters of LOG00086, and the settings that other tables hold one of for a company, under the name of their table and column.

with parameters as (

    select * from {{ source('raw_logix', 'log_val_parametro') }}

),

purchasing as (

    select * from {{ source('raw_logix', 'par_sup_compl') }}

),

freight as (

    select * from {{ source('raw_logix', 'omc_par_padrao') }}

),

receivables as (

    select * from {{ source('raw_logix', 'par_cre') }}

),

final as (

    select
        {{ envelope('logix', 'parameter_key') }},
        empresa as branch_code,
        lower(trim(parametro)) as parameter,
        cast(null as varchar) as parameter_type,
        {{ blank_to_null('val_parametro') }} as value
    from parameters

    union all

    select
        {{ envelope('logix', 'parameter_key') }},
        cod_empresa as branch_code,
        'par_sup_compl.cod_operac_dev_cli' as parameter,
        'C' as parameter_type,
        {{ blank_to_null('cod_operac_dev_cli') }} as value
    from purchasing

    union all

    select
        {{ envelope('logix', 'parameter_key') }},
        empresa as branch_code,
        'omc_par_padrao.natureza_operacao' as parameter,
        'N' as parameter_type,
        cast(natureza_operacao as varchar) as value
    from freight

    union all

    select
        {{ envelope('logix', 'parameter_key') }},
        '' as branch_code,
        'par_cre.dat_proces_doc' as parameter,
        'D' as parameter_type,
        cast(dat_proces_doc as varchar) as value
    from receivables

)

select * from final
