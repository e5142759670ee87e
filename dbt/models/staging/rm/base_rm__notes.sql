-- The movements (TMOV) that are notes, by the group of their type; orders, transfers and movements of stock are no fiscal documents
-- and end here.

with source as (

    select * from {{ source('raw_rm', 'tmov') }}

),

movement_groups as (

    select * from {{ ref('rm_movement_groups') }}
    where is_fiscal_document

),

final as (

    select
        {{ envelope('rm', 'erp_document_key') }},
        source._row_hash as row_hash,
        movement_groups.movement_group,
        movement_groups.direction,
        source.codcoligada as company_number,
        cast(source.codcoligada as varchar) as company_code,
        cast(source.codfilial as varchar) as branch_code,
        source.idmov as movement_number,
        source.codcolcfo as partner_company,
        trim(source.codcfo) as partner_code,
        upper({{ blank_to_null('source.status') }}) as native_status,
        upper({{ blank_to_null('source.chaveacessonfe') }}) as access_key,
        trim(source.codtmv) as species,
        source.numeromov as document_number,
        source.serie as document_series,
        source.valorliquido as native_amount,
        -- vNF has the discount taken off and expenses and taxes added, which is the net amount; the gross one is the goods alone
        coalesce(source.valorliquido, source.valorbruto) as amount,
        source.dataemissao as issued_on,
        coalesce(source.datamovimento, source.datasaida, source.dataemissao) as posted_on
    from source
    inner join movement_groups on left(trim(source.codtmv), 3) = movement_groups.movement_group

)

select * from final
