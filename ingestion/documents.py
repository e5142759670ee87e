"""Documents in the store: rows of fiscal payloads, appended, or put in the place of those read by older maps.

Works on the connection that the store hands over, inside its transaction. Holds which contents are stored, by
what they were read, and how their rows and those of their files come in. What is read and when is the
loader's, refusals and the log are the store's.

Every row has the digest of its payload's content. A content is there once, whatever its source. A row that is
read again keeps the time at which its unit was first recorded (a map that grows changes what is known, not
since when), while `_extraction_id` tells who read it last; a unit that could not be read before is new.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import RLock
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.contracts import DocumentTable
from ingestion.sql import instant, literal, quoted, registered, text_column

FISCAL_SCHEMA: Final = "raw_fiscal_xml"

FILES_STREAM: Final = "files"
"""The stream of the files of a source of fiscal XML."""

REREAD_STREAM: Final = "archive"
"""The stream of contents that are read again from the archive, by maps that grew."""

PAYLOADS_PER_TRANSACTION: Final = 30_000
"""How much of a load may be lost to a crash, at least. A commit rewrites every table's last rows: at 2,000
payloads that took 70 % of the time, at 30,000 a third."""

_DIGITS: Final = 16
"""The hex digits of a digest that an index of contents keeps."""

_PAYLOADS: Final = "payloads"
_FIRST_PLACE: Final = ("path", "inner_path", "nsu")
"""Where a payload was first met: bytes that are read again from the archive do not tell."""


class ContentIndex:
    """Which contents are stored, in 8 bytes for each: says for sure that one is not, or that one may be.

    A table of a million digests would be read through for each few hundred that are asked about.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        starts = connection.execute(
            f"select cast('0x' || left(_content_sha256, {_DIGITS}) as ubigint) as start"
            f" from {FISCAL_SCHEMA}.{_PAYLOADS}"
        ).fetchnumpy()["start"]
        # Sorted runs, each less than half as long as the one before. A list is replaced and never changed, so
        # that another thread may look through it.
        self._runs: list[npt.NDArray[np.uint64]] = [np.sort(starts.astype(np.uint64))]

    def candidates(self, digests: Collection[str]) -> list[str]:
        """Those of the digests that may be stored."""
        starts = _starts(digests)
        found = np.zeros(len(starts), dtype=bool)
        for run in self._runs:
            if len(run):
                at = np.searchsorted(run, starts)
                found |= run[np.minimum(at, len(run) - 1)] == starts
        return [digest for digest, is_there in zip(digests, found, strict=True) if is_there]

    def add(self, digests: Collection[str]) -> None:
        """Take note of contents that are being stored; should they not be after all, no harm is done."""
        runs = list(self._runs)
        run = np.sort(_starts(digests))
        while runs and 2 * len(run) >= len(runs[-1]):
            run = np.sort(np.concatenate([runs.pop(), run]))
        self._runs = [*runs, run]


def _starts(digests: Collection[str]) -> npt.NDArray[np.uint64]:
    """The first 8 bytes of hex digests as numbers."""
    return np.fromiter((int(digest[:_DIGITS], 16) for digest in digests), np.uint64, len(digests))


class Documents:
    """The raw tables of fiscal XML, open for rows. `tables` are those of the contracts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, tables: Sequence[DocumentTable]) -> None:
        self._connection = connection
        self._columns = {table.name: frozenset(name for name, _ in table.columns) for table in tables}
        # a payload counts its units by the names of their tables
        self.unit_tables = tuple(
            name for name in self._columns if name in self._columns.get(_PAYLOADS, frozenset())
        )
        self._index: ContentIndex | None = None
        self._in_use = RLock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other threads off the connection, which serves one at a time."""
        with self._in_use:
            yield

    def known(self, digests: Collection[str]) -> frozenset[str]:
        """Which of these contents (hex digests) are stored. A thread beside the one that stores may ask."""
        # a file that could not be opened has none
        digests = [digest for digest in digests if digest]
        if not digests:
            return frozenset()
        if self._index is None:
            with self.alone():
                self._index = self._index or ContentIndex(self._connection)
        candidates = self._index.candidates(digests)
        if not candidates:
            return frozenset()
        with self.alone(), registered(self._connection, "asked", text_column("digest", candidates)):
            rows = self._connection.execute(
                f"select _content_sha256 from {FISCAL_SCHEMA}.{_PAYLOADS}"
                " where _content_sha256 in (select digest from asked)"
            ).fetchall()
        return frozenset(digest for (digest,) in rows)

    def append(
        self, tables: Mapping[str, pa.Table], *, source: str, extraction_id: str, as_of: datetime
    ) -> None:
        """Append the rows of payloads; those of a content that is stored already are left out."""
        known = self.known(_contents(tables))
        lacking = " where _content_sha256 not in (select digest from known)" if known else ""
        with registered(self._connection, "known", text_column("digest", known)):
            for name, table in tables.items():
                self.insert(
                    name,
                    table,
                    envelope_of(source=source, extraction_id=extraction_id, as_of=as_of),
                    condition=lacking,
                )
        self._note(tables)

    def replace(
        self,
        tables: Mapping[str, pa.Table],
        *,
        contents: Collection[str],
        names: Collection[str],
        source: str,
        extraction_id: str,
        as_of: datetime,
    ) -> int:
        """Put rows in the place of what was stored of `contents`; gives the units that were stored of them.

        `names` are the tables that maps fill. Nothing is left of a content that no row of `tables` is of.
        """
        stored = self.known({*contents, *_contents(tables)})
        if not stored:
            self.append(tables, source=source, extraction_id=extraction_id, as_of=as_of)
            return 0
        with registered(self._connection, "replaced", text_column("digest", stored)):
            units = self._remember()
        self.forget(stored, names=names)
        for name, table in tables.items():
            self._insert_again(name, table, source=source, extraction_id=extraction_id, as_of=as_of)
        self._connection.execute("drop table first_units")
        self._connection.execute("drop table first_payloads")
        self._note(tables)
        return units

    def forget(self, contents: Collection[str], *, names: Collection[str]) -> None:
        """Take out what these tables hold of contents."""
        with registered(self._connection, "gone", text_column("digest", contents)):
            for name in names:
                self._connection.execute(
                    f"delete from {FISCAL_SCHEMA}.{quoted(name)}"
                    " where _content_sha256 in (select digest from gone)"
                )

    def insert(
        self,
        name: str,
        table: pa.Table,
        envelope: Mapping[str, str],
        *,
        condition: str = "",
        instead: Mapping[str, str] | None = None,
    ) -> None:
        """Insert an Arrow table (`appended`): SQL for the envelope, and `instead` of columns of its own."""
        if not table.num_rows:
            return
        taken = [column for column in table.column_names if column not in envelope]
        columns = ", ".join(map(quoted, (*taken, *envelope)))
        own = [(instead or {}).get(column, f"appended.{quoted(column)}") for column in taken]
        # found by the name of the variable: what is registered stays in memory until the transaction ends
        appended = table  # noqa: F841
        self._connection.execute(
            f"insert into {FISCAL_SCHEMA}.{quoted(name)} ({columns})"
            f" select {', '.join((*own, *envelope.values()))} from appended{condition}"
        )

    def totals(self, *, source: str, extraction_id: str) -> tuple[int, int]:
        """How many units an extraction brought, and how many homologação documents of a source are stored."""
        brought = " union all ".join(
            f"select count(*) as units from {FISCAL_SCHEMA}.{quoted(table)} where _extraction_id = $1"
            for table in self.unit_tables
        )
        ((units,),) = self._rows(f"select sum(units)::bigint from ({brought})", [extraction_id])
        ((homologation,),) = self._rows(
            f"select count(*) from {FISCAL_SCHEMA}.documents where _source = ? and environment = '2'",
            [source],
        )
        return units, homologation

    # files

    def files(self, source: str) -> pa.Table:
        """The files of a source: path, size, mtime_ns and ctime_ns, in no order."""
        return self._connection.execute(
            f"select path, size, mtime_ns, ctime_ns from {FISCAL_SCHEMA}.files where _source = ?",
            [source],
        ).to_arrow_table()

    def replace_files(
        self, files: pa.Table, *, source: str, extraction_id: str, as_of: datetime, are_first: bool
    ) -> None:
        """Put the rows of files in the place of those of the same paths; of `are_first`, there are none."""
        if not are_first:
            with registered(self._connection, "read_files", files):
                self._connection.execute(
                    f"delete from {FISCAL_SCHEMA}.files"
                    " where _source = ? and path in (select path from read_files)",
                    [source],
                )
        self.insert("files", files, envelope_of(source=source, extraction_id=extraction_id, as_of=as_of))

    # by what contents were read

    def readings(self, source: str) -> tuple[str | None, ...]:
        """What stands beside the contents of a source about who read them, each text once."""
        rows = self._rows(
            f"select distinct read_by from {FISCAL_SCHEMA}.{_PAYLOADS} where _source = ?", [source]
        )
        return tuple(said for (said,) in rows)

    def read_by(
        self, readings: Collection[str | None], *, source: str, among: Collection[str]
    ) -> list[tuple[str, str, str]]:
        """Digest, path and inner path of those of these contents beside which one of the readings stands."""
        with registered(self._connection, "asked", text_column("digest", among)):
            return self._rows_read_by(
                readings,
                source=source,
                select="_content_sha256, path, inner_path",
                condition="_content_sha256 in (select digest from asked)",
            )

    def count_read_by(self, readings: Collection[str | None], *, source: str) -> int:
        """Beside how many contents of a source one of these readings stands."""
        return int(self._rows_read_by(readings, source=source, select="count(*)")[0][0])

    def left_unread(self, readings: Collection[str | None], *, source: str, extraction_id: str) -> list[str]:
        """The digests of contents beside which one still stands, and which this extraction left so."""
        rows = self._rows_read_by(
            readings,
            source=source,
            select="_content_sha256",
            condition=f"_extraction_id <> {literal(extraction_id)}",
        )
        return [digest for (digest,) in rows]

    def _rows_read_by(
        self, readings: Collection[str | None], *, source: str, select: str, condition: str = "true"
    ) -> list[Any]:
        with registered(self._connection, "readings", text_column("said", readings)):
            return self._rows(
                f"select {select} from {FISCAL_SCHEMA}.{_PAYLOADS} as payloads where _source = ?"
                " and exists (select 1 from readings where said is not distinct from payloads.read_by)"
                f" and {condition}",
                [source],
            )

    # reading again

    def _remember(self) -> int:
        """Keep the times and places of what is about to be replaced; gives the number of its units."""
        of_units = " union all ".join(
            f"select {literal(name)} as unit_table, _content_sha256, {self._mark(name)} as mark, _recorded_at"
            f" from {FISCAL_SCHEMA}.{quoted(name)} where _content_sha256 in (select digest from replaced)"
            for name in self.unit_tables
        )
        self._connection.execute(
            "create or replace temp table first_units as"
            " select unit_table, _content_sha256, mark, min(_recorded_at) as first_at, count(*) as units"
            f" from ({of_units}) group by all"
        )
        places = [column for column in _FIRST_PLACE if column in self._columns[_PAYLOADS]]
        self._connection.execute(
            "create or replace temp table first_payloads as"
            f" select {', '.join(map(quoted, ('_content_sha256', '_source', '_recorded_at', *places)))}"
            f" from {FISCAL_SCHEMA}.{_PAYLOADS} where _content_sha256 in (select digest from replaced)"
        )
        units = self._connection.execute("select coalesce(sum(units), 0)::bigint from first_units").fetchall()
        return int(units[0][0])

    def _insert_again(
        self, name: str, table: pa.Table, *, source: str, extraction_id: str, as_of: datetime
    ) -> None:
        """Insert rows with the first time of their unit, and a payload with its first place."""
        first_at, places = "units.first_at", dict[str, str]()
        if name not in self.unit_tables and "access_key" not in self._columns[name]:
            first_at = "coalesce(units.first_at, payloads._recorded_at)"
        if name == _PAYLOADS:
            places = {
                column: f"coalesce(payloads.{quoted(column)}, appended.{quoted(column)})"
                for column in _FIRST_PLACE
                if column in table.column_names
            }
        of_name = f" where unit_table = {literal(name)}" if name in self.unit_tables else ""
        self.insert(
            name,
            table,
            {
                "_source": f"coalesce(payloads._source, {literal(source)})",
                "_recorded_at": f"coalesce({first_at}, {instant(as_of)})",
                "_extraction_id": literal(extraction_id),
            },
            condition=f"""
                left join first_payloads as payloads on payloads._content_sha256 = appended._content_sha256
                left join (
                    select _content_sha256, mark, min(first_at) as first_at from first_units{of_name}
                    group by all
                ) as units on units._content_sha256 = appended._content_sha256
                    and units.mark = {self._mark(name, "appended.")}""",
            instead=places,
        )

    def _mark(self, name: str, prefix: str = "") -> str:
        """SQL that tells the units of a content apart: by key, which outlives a change of their order."""
        ordinal = f"cast({prefix}_ordinal as varchar)"
        if "access_key" not in self._columns[name]:
            return ordinal
        return f"coalesce({prefix}access_key, {ordinal})"

    def _note(self, tables: Mapping[str, pa.Table]) -> None:
        if self._index is not None:
            self._index.add(_contents(tables))

    def _rows(self, sql: str, parameters: object = None) -> list[Any]:
        return self._connection.execute(sql, parameters).fetchall()


class Bulk:
    """A load under way: how much its transaction holds, and whether the store knew any file before it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, documents: "Documents") -> None:
        self._connection = connection
        self._documents = documents
        self._payloads = 0
        ((self.is_first_load,),) = connection.execute(
            f"select not exists (select 1 from {FISCAL_SCHEMA}.files)"
            " and not exists (select 1 from quality.quarantine where stream = ?)",
            [FILES_STREAM],
        ).fetchall()

    def stored(self, payloads: int) -> None:
        """Say that so many more came in; what came so far is committed when it is enough."""
        self._payloads += payloads
        if self._payloads >= PAYLOADS_PER_TRANSACTION:
            with self._documents.alone():
                self._connection.execute("commit")
                self._connection.execute("begin transaction")
            self._payloads = 0


def envelope_of(*, source: str, extraction_id: str, as_of: datetime) -> Mapping[str, str]:
    """SQL of the columns that every row has beside its own."""
    return {
        "_source": literal(source),
        "_recorded_at": instant(as_of),
        "_extraction_id": literal(extraction_id),
    }


def _contents(tables: Mapping[str, pa.Table]) -> list[str]:
    payloads = tables.get(_PAYLOADS)
    contents: list[str] = [] if payloads is None else payloads["_content_sha256"].to_pylist()
    return contents
