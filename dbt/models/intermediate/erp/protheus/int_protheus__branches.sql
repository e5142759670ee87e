select * from {{ ref('stg_protheus__branches') }}
