select * from {{ ref('stg_protheus__manifestations') }}
