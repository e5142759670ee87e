select * from {{ ref('base_protheus__bank_accounts') }}
