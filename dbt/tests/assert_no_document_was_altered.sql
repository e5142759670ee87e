-- No copy of a document or event was changed after it was signed; only where the check of signatures is switched on.

{{ config(severity='warn') }}

select
    access_key,
    subject,
    content_sha256,
    total_amount,
    path,
    is_copy_in_use
from {{ ref('altered_documents') }}
