-- The partner that a movement or a financial entry names: of the coligada that CODCOLCFO says, 0 being the shared ones; where it says none,
-- of the row's own coligada, else a shared one.

with movements as (

    select * from {{ source('raw_rm', 'tmov') }}

),

financial_entries as (

    select * from {{ source('raw_rm', 'flan') }}

),

partners as (

    select
        _source as source,
        codcoligada as company_number,
        trim(codcfo) as partner_code,
        {{ tax_id('cgccfo') }} as tax_id
    from {{ source('raw_rm', 'fcfo') }}
    where {{ is_standing() }}

),

named as (

    select
        _source as source,
        codcoligada as company_number,
        codcolcfo as partner_company,
        trim(codcfo) as partner_code
    from movements

    union distinct

    select
        _source as source,
        codcoligada as company_number,
        codcolcfo as partner_company,
        trim(codcfo) as partner_code
    from financial_entries

),

final as (

    select
        named.source,
        named.company_number,
        named.partner_company,
        named.partner_code,
        coalesce(own.tax_id, shared.tax_id) as tax_id
    from named
    left join partners as own
        on
            named.source = own.source
            and coalesce(named.partner_company, named.company_number) = own.company_number
            and named.partner_code = own.partner_code
    left join partners as shared
        on
            named.source = shared.source
            and named.partner_company is null
            and shared.company_number = 0
            and named.partner_code = shared.partner_code
    where named.partner_code is not null

)

select * from final
