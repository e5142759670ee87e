"""Reading the published file for a report: rows streamed in batches, counted and hashed as they pass.

A reader holds the publication it opened even when a run replaces the file meanwhile, so a report is never
half old and half new. No column, title or format may be named here.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb

from confere.publication import holds, open_publication
from confere.reports.errors import ReportError, ReportRequestError

BATCH_ROWS: Final = 5_000
MEMORY_LIMIT: Final = "256MB"
"""For sorting; more spills to disk. Measured: a million rows to CSV in 29 s, the process at 364 MB."""

CELL_END: Final = "\x1f"
ROW_END: Final = "\n"

Cell = str | Decimal | int | date | datetime | None


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """The run that made the publication: its id and its clock (aware, UTC)."""

    run_id: str
    as_of: datetime


@dataclass(slots=True)
class HashedRows:
    """Rows that are counted and hashed as they pass; they can be iterated over once.

    The hash is over the first `width` cells of each row as UTF-8 text, a unit separator between cells and a
    line feed after each row; null is empty, amounts have a point, dates and instants are ISO. It is the
    same whatever the format of the file.
    """

    batches: Iterator[Sequence[tuple[Any, ...]]]
    width: int
    count: int = 0
    _digest: Any = field(default_factory=hashlib.sha256, repr=False)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for batch in self.batches:
            for row in batch:
                cells = CELL_END.join([canonical(cell) for cell in row[: self.width]])
                self._digest.update((cells + ROW_END).encode())
                self.count += 1
                yield row

    @property
    def sha256(self) -> str:
        """Hex digest of the rows that have passed so far."""
        return str(self._digest.hexdigest())


class PublishedFile:
    """An open publication; use `open_published`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, path: Path) -> None:
        self._connection = connection
        self._path = path

    def require(self, tables: Sequence[str], *, report: str) -> None:
        """ReportError that names what the report needs and the publication does not hold."""
        missing = [table for table in tables if not holds(self._connection, table)]
        if missing:
            raise ReportError(
                f"report {report} needs {', '.join(missing)}, which {self._path} does not hold;"
                " `confere run` publishes what this version can build"
            )

    def require_causes(self, causes: Sequence[str]) -> None:
        """ReportRequestError for a cause that the published catalogue does not know."""
        known = [
            cause
            for (cause,) in self._execute("select cause from reference.causes order by cause", {}).fetchall()
        ]
        unknown = [cause for cause in causes if cause not in known]
        if unknown:
            raise ReportRequestError(f"there is no cause {', '.join(unknown)}; there are {', '.join(known)}")

    def run(self) -> PublishedRun:
        """The run behind the publication: the last one that it knows of."""
        row = self._connection.execute(
            "select run_id, cast(as_of as timestamptz) from quality.runs"
            " order by started_at desc, run_id desc limit 1"
        ).fetchone()
        if row is None:
            raise ReportError(
                f"{self._path} does not say which run it comes from; `confere run` makes it anew"
            )
        return PublishedRun(run_id=row[0], as_of=row[1])

    def count(self, sql: str, parameters: Mapping[str, Any]) -> int:
        """How many rows the query will give."""
        ((rows,),) = self._execute(f"select count(*) from ({sql})", parameters).fetchall()
        return int(rows)

    def batches(self, sql: str, parameters: Mapping[str, Any]) -> Iterator[Sequence[tuple[Any, ...]]]:
        """The rows of the query, at most BATCH_ROWS at a time."""
        cursor = self._execute(sql, parameters)
        while batch := cursor.fetchmany(BATCH_ROWS):
            yield batch

    def _execute(self, sql: str, parameters: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql, dict(parameters))
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise ReportError(
                f"{self._path} was published by another version of confere and lacks a column of this report"
                f" ({str(error).splitlines()[0]}); `confere run` publishes it anew"
            ) from error


@contextmanager
def open_published(path: Path) -> Iterator[PublishedFile]:
    """The publication, read-only, sorting within bounds. Raises NothingPublished."""
    with tempfile.TemporaryDirectory(prefix="confere-report-") as spill, open_publication(path) as connection:
        connection.execute("set temp_directory = $folder", {"folder": spill})
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        # DuckDB would draw its own bar over the caller's
        connection.execute("set enable_progress_bar = false")
        yield PublishedFile(connection, path=path)


def canonical(cell: Cell) -> str:
    """A cell as the text that is hashed."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
