-- Tables some of whose rows are in no canonical entity, and whose contract does not say whether that is by design (staged_as).

{{ config(severity='warn') }}

select
    source || '|' || stream as left_out,
    lost_rows,
    lost_amount,
    live_rows,
    staged_rows,
    live_amount,
    staged_amount
from {{ ref('completeness_verdicts') }}
where
    lost_at is not null
    and not is_broken
