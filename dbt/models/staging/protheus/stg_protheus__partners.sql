select * from {{ ref('base_protheus__partners') }}
