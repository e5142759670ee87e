select * from {{ ref('stg_protheus__import_queue') }}
