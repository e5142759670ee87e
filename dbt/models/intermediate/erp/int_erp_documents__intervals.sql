-- The versions of ERP documents as rectangles of time.

with versions as (

    select * from {{ ref('int_erp_documents__linked') }}

),

final as (

    select * from {{ bitemporal_intervals('versions') }}

)

select * from final
