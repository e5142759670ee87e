"""What passes between connectors and the store: which rows to read, and one table as a source hands it over.

Values and one protocol only: reading lies in the connectors, writing in the store.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol, Self

import pyarrow as pa

from ingestion.contracts import TableContract


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a table was read: the newest database stamp, the highest row id, the as-of of that run."""

    as_of: datetime
    changed_at: datetime | None = None
    row_id: int | None = None

    def to_text(self) -> str:
        """As JSON, for quality.extractions."""
        changed_at = None if self.changed_at is None else self.changed_at.isoformat()
        return json.dumps({"changed_at": changed_at, "row_id": self.row_id, "as_of": self.as_of.isoformat()})

    def advanced_from(self, before: Self | None, *, now: datetime) -> Self:
        """The later of both, in each part.

        A stamp in the future would hide what changes until then: it counts as `now`.
        """
        changed = [mark.changed_at for mark in (self, before) if mark and mark.changed_at]
        row_ids = [mark.row_id for mark in (self, before) if mark and mark.row_id is not None]
        return replace(
            self,
            changed_at=min(max(changed), now) if changed else None,
            row_id=max(row_ids, default=None),
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The watermark that `to_text` wrote."""
        said = json.loads(text)
        changed_at = said["changed_at"]
        return cls(
            as_of=datetime.fromisoformat(said["as_of"]),
            changed_at=None if changed_at is None else datetime.fromisoformat(changed_at),
            row_id=said["row_id"],
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of a table to read: all, unless a bound is set; then what any bound lets in.

    `changed_since` bounds the database's stamp (from, UTC), `row_id_above` the row id, `business_since` the
    posting date; a stamp without an offset is told in the contract's zone (`TableContract.as_stamp`).
    `identity_only` leaves out every column that does not tell which row it is, whether it is deleted, and the
    amount of the control total.
    """

    changed_since: datetime | None = None
    row_id_above: int | None = None
    business_since: date | None = None
    identity_only: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every row is read."""
        return self.changed_since is None and self.row_id_above is None and self.business_since is None


@dataclass(frozen=True, slots=True)
class Content:
    """The state of a delivered file: its stamps tell cheaply that it is the same, its digest for sure."""

    size: int
    mtime_ns: int
    ctime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Found:
    """A table that a source has: `columns` as it spells them, `content` the state of the file it lies in.

    A file has no columns here, since it is only ever read whole; a database has no content to compare.
    """

    columns: tuple[str, ...] = ()
    content: Content | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A database that DuckDB attaches to scan it: alias, type, extension, and the address with its secret."""

    alias: str
    type: str
    extension: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One table as a source hands it over, not yet typed.

    `relation` is what DuckDB scans: SQL for a FROM clause, an Arrow table, or Arrow batches, which can be
    read once. `is_whole` says that it is the table's whole content, so that what it lacks was deleted.
    `extra_columns` are undeclared ones that the relation leaves out. `rejects` names the temporary table in
    which DuckDB's CSV reader puts malformed lines. `began_at` is when the source was first asked for it: what
    changed there since may be missing. `confirm` is called when all was read and raises DeliveryError when
    the source changed meanwhile, `settled` when all of it is stored.
    """

    relation: str | pa.Table | pa.RecordBatchReader
    is_whole: bool
    attachment: Attachment | None = None
    extra_columns: tuple[str, ...] = ()
    rejects: str | None = None
    began_at: datetime | None = None
    confirm: Callable[[], None] = lambda: None
    settled: Callable[[], None] = lambda: None


class TableConnector(Protocol):
    """Reads the tables of one source; DeliveryError is about one of them, SourceUnavailable about all."""

    def find(self, contract: TableContract, *, known: Content | None) -> Found | None:
        """What the source has of a table, given its file's state known before; None when it has none."""
        ...

    def read(self, contract: TableContract, selection: Selection) -> Delivery:
        """The table, or the selected rows of it."""
        ...

    def recover(self, error: Exception) -> bool:
        """Whether an error tells of a broken connection, which is given up, so that trying again may help."""
        ...

    def scrub(self, message: str) -> str:
        """An error message without the source's secret."""
        ...
