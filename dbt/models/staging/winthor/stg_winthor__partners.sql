select * from {{ ref('base_winthor__partners') }}
