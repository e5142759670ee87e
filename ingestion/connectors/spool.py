"""A large table on its way: the chunks that were read of it, kept on disk until all is there and stored.

Holds the files, the manifest beside them, and where the next chunk begins. A break, or the end of the
process, costs the chunk that was being read; what is read and how it is stored is others' business.
"""

import json
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.connectors.dialects import KeyValue
from ingestion.sql import literal

EXPIRES_AFTER: Final = timedelta(days=1)
"""What was read longer ago is read anew: too much may have changed before its first chunk and after it."""

_FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_HELD_ROWS: Final = 10_000
"""Rows at the end of a chunk among which its last key has to begin."""

_LOG = logging.getLogger(__name__)


class KeyWithoutOrder(Exception):  # noqa: N818 - named for what was found
    """Rows cannot be told apart by their place in the order: the table is to be read in one go."""


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What is there: `identity` of what is read, the chunks' names, and the key behind which to go on."""

    format: int
    identity: str
    began_at: str
    expected: int
    rows: int = 0
    chunks: tuple[str, ...] = ()
    position: tuple[tuple[str, str], ...] | None = None
    has_unordered: bool = False
    is_complete: bool = False


class Spool:
    """The chunks of one table, below a folder of its own."""

    def __init__(self, folder: Path, manifest: _Manifest) -> None:
        self._folder = folder
        self._manifest = manifest

    @classmethod
    def open(cls, folder: Path, *, identity: str, now: datetime, expected: Callable[[], int]) -> "Spool":
        """Go on with what lies there, if it is a part of the very same and not too old, else begin anew."""
        manifest = _read(folder / _MANIFEST)
        began_at = None if manifest is None else datetime.fromisoformat(manifest.began_at)
        if (
            manifest is None
            or began_at is None
            or (manifest.format, manifest.identity) != (_FORMAT, identity)
            or not timedelta() <= now - began_at < EXPIRES_AFTER
            or not all((folder / name).is_file() for name in manifest.chunks)
        ):
            discard(folder)
            folder.mkdir(parents=True)
            spool = cls(folder, _Manifest(_FORMAT, identity, now.isoformat(), expected()))
            spool._keep(spool._manifest)
            return spool
        _LOG.info("%s: going on behind %s rows that were read before", folder.name, manifest.rows)
        return cls(folder, manifest)

    @property
    def began_at(self) -> datetime:
        """When the first chunk was asked for: what changed since may not be in it."""
        return datetime.fromisoformat(self._manifest.began_at)

    @property
    def rows(self) -> int:
        """How many rows are there."""
        return self._manifest.rows

    @property
    def expected(self) -> int:
        """How many rows the table had at the beginning."""
        return self._manifest.expected

    @property
    def is_complete(self) -> bool:
        """Whether all is there."""
        return self._manifest.is_complete

    @property
    def has_unordered(self) -> bool:
        """Whether the rows without a place in the order are there."""
        return self._manifest.has_unordered

    @property
    def position(self) -> Sequence[KeyValue] | None:
        """The key behind which the next chunk begins; None at the beginning."""
        position = self._manifest.position
        return None if position is None else [_FROM_TEXT[kind](text) for kind, text in position]

    @property
    def relation(self) -> str:
        """SQL that scans what is there."""
        names = ", ".join(literal(str(self._folder / name)) for name in self._manifest.chunks)
        return f"read_parquet([{names}], hive_partitioning = false)"

    def take_unordered(self, batches: pa.RecordBatchReader) -> None:
        """Keep the rows without a place in the order."""
        rows, name = self._write(batches, key=None)
        self._keep(self._grown(rows, name, has_unordered=True))

    def take(
        self,
        batches: pa.RecordBatchReader,
        *,
        key: Sequence[str],
        count: int,
        tell: Callable[[int], None],
    ) -> None:
        """Keep the next chunk, for which `count` rows were asked in the order of `key`.

        Where more may follow, the rows of its last key are left to the next one, since only some of them may
        have come. Raises KeyWithoutOrder when nothing else came.
        """
        tail = _Tail(key, count)
        rows, name = self._write(batches, key=tail, tell=lambda rows: tell(self.rows + rows))
        position = tail.position
        self._keep(
            self._grown(rows, name, position=position or self._manifest.position, is_complete=tail.is_last)
        )

    def discard(self) -> None:
        """Take everything away."""
        discard(self._folder)

    def _grown(self, rows: int, name: str, **changes: Any) -> _Manifest:
        return replace(
            self._manifest, rows=self.rows + rows, chunks=(*self._manifest.chunks, name), **changes
        )

    def _write(
        self,
        batches: pa.RecordBatchReader,
        *,
        key: "_Tail | None",
        tell: Callable[[int], None] = lambda _: None,
    ) -> tuple[int, str]:
        name = f"{len(self._manifest.chunks) + 1:06d}.parquet"
        part = self._folder / f"{name}.part"
        written = 0
        with part.open("wb") as file:
            with pq.ParquetWriter(file, batches.schema, compression="zstd", compression_level=1) as writer:
                for batch in batches if key is None else key.without_last(batches):
                    writer.write_batch(batch)
                    written += batch.num_rows
                    tell(written)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / name)
        return written, name

    def _keep(self, manifest: _Manifest) -> None:
        path = self._folder / _MANIFEST
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(asdict(manifest), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        self._manifest = manifest


def is_begun(folder: Path) -> bool:
    """Whether chunks of a table may wait there for the rest."""
    return (folder / _MANIFEST).exists()


def discard(folder: Path) -> None:
    """Take away a table's chunks, whatever is there of them."""
    shutil.rmtree(folder, ignore_errors=True)


class _Tail:
    """The batches of a chunk, held back at the end until it is known where its last key begins."""

    def __init__(self, key: Sequence[str], count: int) -> None:
        self._key = key
        self._count = count
        self.is_last = False
        self.position: tuple[tuple[str, str], ...] | None = None

    def without_last(self, batches: pa.RecordBatchReader) -> Any:
        """The batches, without the rows of the last key unless the table ends here."""
        held: list[pa.RecordBatch] = []
        came = 0
        for batch in batches:
            came += batch.num_rows
            held.append(batch)
            while sum(one.num_rows for one in held[1:]) >= _HELD_ROWS:
                yield held.pop(0)
        self.is_last = came < self._count
        if self.is_last:
            yield from held
            return
        table = pa.Table.from_batches(held, schema=batches.schema)
        cut = self._begin_of_last(table)
        self.position = tuple(_as_text(value) for value in self._at(table, cut - 1))
        yield from table.slice(0, cut).to_batches()

    def _begin_of_last(self, table: pa.Table) -> int:
        row: int = table.num_rows - 1
        last = _compared(self._at(table, row))
        while row > 0 and _compared(self._at(table, row - 1)) == last:
            row -= 1
        if row == 0:
            raise KeyWithoutOrder(f"{table.num_rows} rows or more have the key {last}")
        return row

    def _at(self, table: pa.Table, row: int) -> list[Any]:
        return [table.column(name)[row].as_py() for name in self._key]


def _compared(values: Sequence[Any]) -> list[Any]:
    """A key as a database may compare it: without regard to case and blanks at the end."""
    return [value.rstrip().casefold() if isinstance(value, str) else value for value in values]


def _as_text(value: Any) -> tuple[str, str]:
    for kind, (type_, write) in _TO_TEXT.items():
        if type(value) is type_:
            return kind, write(value)
    raise KeyWithoutOrder(f"{type(value).__name__} is nothing to put rows in order by")


_TO_TEXT: Final[dict[str, tuple[type, Callable[[Any], str]]]] = {
    "whole": (int, str),
    "decimal": (Decimal, str),
    "text": (str, str),
    "instant": (datetime, datetime.isoformat),
    "day": (date, date.isoformat),
}
_FROM_TEXT: Final[dict[str, Callable[[str], KeyValue]]] = {
    "whole": int,
    "decimal": Decimal,
    "text": str,
    "instant": datetime.fromisoformat,
    "day": date.fromisoformat,
}


def _read(path: Path) -> _Manifest | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        chunks, position = tuple(said.pop("chunks")), said.pop("position")
        kept = None if position is None else tuple((kind, text) for kind, text in position)
        return _Manifest(**said, chunks=chunks, position=kept)
    except (OSError, ValueError, TypeError, KeyError):
        return None
