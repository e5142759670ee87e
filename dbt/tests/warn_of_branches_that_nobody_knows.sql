-- Branches of an ERP with live documents whose CNPJ neither confere.yml nor the ERP's register tells: nothing is compared there.

{{ config(severity='warn') }}

with documents as (

    select * from {{ ref('int_erp_documents__current') }}
    where not is_deleted

)

select
    concat_ws('|', source, company_code, branch_code) as branch,
    count(*) as documents
from documents
where company_cnpj is null
group by source, company_code, branch_code
