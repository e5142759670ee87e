-- What a source handed over stands in the store, in the canonical entities and in the marts, or in quarantine: else the stage is named.
-- Where a contract does not promise that all rows are canonical, such a difference is only told (warn_of_rows_left_out_of_entities).

select
    source || '|' || stream || '|' || lost_at as lost,
    lost_rows,
    lost_amount,
    source_rows,
    quarantine_rows,
    store_rows,
    live_rows,
    staged_rows,
    due_rows,
    mart_rows,
    source_amount,
    quarantine_amount,
    store_amount,
    live_amount,
    staged_amount,
    due_amount,
    mart_amount
from {{ ref('completeness_verdicts') }}
where is_broken
