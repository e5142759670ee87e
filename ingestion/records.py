"""What the store keeps a record of: runs, extractions, refusals, checks, control totals, waivers.

Values only. Where they are written stands in the store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ingestion.delivery import Content, Watermark


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the main job or of a replay; `as_of` is its clock (UTC) and stamps what it records."""

    run_id: str
    command: str
    as_of: datetime
    started_at: datetime


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run as quality.runs holds it; `status` is running, succeeded, failed or crashed."""

    run_id: str
    command: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime | None
    status: str
    message: str | None
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A mismatch that somebody accepted until a day."""

    mismatch_id: str
    reason: str
    waived_until: date
    waived_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A piece of input that was refused: one row of quality.quarantine.

    `place` is `path!inner` for a payload or `TABLE:row` for a row; `reason` is a slug; `archive_ref` points
    at the archived bytes of a payload, `raw_text` is a row as JSON (or a malformed line as it stands).
    """

    place: str
    reason: str
    detail: str
    content_sha256: str
    archive_ref: str | None = None
    raw_text: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An open quarantine entry, to be tried again."""

    quarantine_id: str
    source: str
    stream: str
    place: str
    reason: str
    content_sha256: str
    archive_ref: str | None
    raw_text: str | None


@dataclass(frozen=True, slots=True)
class StreamState:
    """How a stream was last taken: under which contract, from which file, and how far."""

    contract_fingerprint: str
    content: Content | None
    watermark: Watermark | None


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What one extraction of one stream (a native table, or `files`) did; mirrors quality.extractions.

    `mode` is full, incremental, sweep, replay, reread, unchanged, or check (an optional check of what is
    stored); `status` is ok, error, absent or unchanged.
    """

    source: str
    stream: str
    mode: str
    status: str
    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_deleted: int = 0
    rows_quarantined: int = 0
    missing_columns: tuple[str, ...] = ()
    extra_columns: tuple[str, ...] = ()
    message: str | None = None

    @property
    def changed(self) -> bool:
        """Whether the store holds anything new because of it."""
        return bool(self.rows_new or self.rows_changed or self.rows_deleted)


@dataclass(frozen=True, slots=True)
class FiscalRows:
    """What parsed fiscal payloads add to the store: Arrow tables by name of their raw_fiscal_xml table.

    Every table carries `_content_sha256` (hex) and `_ordinal`; the store adds `_source`, `_recorded_at` and
    `_extraction_id`, and leaves out contents that it already holds, so a batch may be appended twice.
    `payloads` has one row per distinct content. `files` has one row per file that was read to its end and
    takes the place of what was known of its path; `places` are the same paths as they begin a place in
    quarantine. A column that a table does not bring is null.
    """

    tables: Mapping[str, pa.Table]
    files: pa.Table
    refusals: Sequence[Refusal] = ()
    places: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Completeness:
    """A control total of a stream at a stage.

    Counted when rows come in: source, store, quarantine, duplicate, homologation, and of a table held, what
    stands live in the store beside what the source was seen to hold as it stands (see control_totals).
    Counted by the models: staged (in the canonical entities), due (what a mart must show), mart.
    """

    source: str
    stream: str
    stage: str
    row_count: int
    amount_total: Decimal | None = None
    key_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check that some tool (dbt, great_expectations, dagster) runs."""

    check_name: str
    tool: str
    subject: str
    severity: str
    description: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check said in one run: passed, failed, warned, error or skipped; `failing` are its keys."""

    check_name: str
    status: str
    failures: int
    checked_at: datetime
    message: str | None = None
    failing: Sequence[tuple[str, Mapping[str, Any]]] = field(default=())
