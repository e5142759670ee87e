"""How tables of any ERP are written as files: columns, their kinds, and the writers for Parquet and CSV.

What stands in a row is decided by an ERP's export.py, which columns there are and how its database stores
them by its tables.py.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

Kind = Literal["C", "N", "I", "D", "T", "L", "R"]
"""Text, number of a scale, whole number, day, instant, logical, and the number of the record itself."""

Row = Mapping[str, Any]
"""Column → value: text unpadded, numbers whole in units of their scale; what is absent is left out."""

# Rows wait as dicts: many tables of wide rows, so a group is kept small.
_ROWS_PER_GROUP = 4_000
_KINDS: Mapping[str, Kind] = {"i": "I", "d": "D", "t": "T", "l": "L", "r": "R"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name and kind, the width of a text, the scale of a number."""

    name: str
    kind: Kind
    width: int = 0
    scale: int = 2


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a database stores the kinds: what is absent, and a column of values as Arrow and as CSV."""

    absent: Mapping[Kind, Any]
    arrays: Mapping[Kind, Callable[[Column, Sequence[Any]], pa.Array]]
    texts: Mapping[Kind, Callable[[Column, Any], str]] = field(default_factory=dict)


class Table(Protocol):
    """A table that can be written."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns in the order of the file."""

    @property
    def file_name(self) -> str:
        """Return the name of the exported file; its suffix is the format."""


def columns(specification: str) -> tuple[Column, ...]:
    """Read words: ``NAME:width`` text, ``NAME`` amount, ``NAME#scale`` number, ``NAME@i`` (or d, t, l, r)."""
    found = []
    for word in specification.split():
        name, _, kind = word.partition("@")
        name, is_text, width = name.partition(":")
        name, _, scale = name.partition("#")
        if is_text:
            found.append(Column(name, "C", int(width)))
        else:
            found.append(Column(name, _KINDS[kind] if kind else "N", scale=int(scale or 2)))
    return tuple(found)


class TableWriter:
    """Writes one table into a folder, a row group at a time; rows are numbered as they come."""

    def __init__(self, table: Table, folder: Path, encoding: Encoding) -> None:
        self.count = 0
        self._columns = table.columns
        self._path = folder / table.file_name
        self._encoding = encoding
        self._rows: list[Row] = []
        self._names = frozenset(column.name for column in table.columns)
        self._parquet: pq.ParquetWriter | None = None
        self._csv: TextIO | None = None

    def add(self, row: Row) -> int:
        """Take a row; return its number. A column that the table does not have is a KeyError."""
        if not row.keys() <= self._names:
            raise KeyError(f"{self._path.stem} has no column {', '.join(row.keys() - self._names)}")
        self.count += 1
        self._rows.append(row)
        if len(self._rows) >= _ROWS_PER_GROUP:
            self._flush()
        return self.count

    def close(self) -> None:
        """Write what is left; a table without rows still gets its file."""
        if self._rows or (self._parquet is None and self._csv is None):
            self._flush()
        for open_file in (self._parquet, self._csv):
            if open_file is not None:
                open_file.close()

    def _values(self, column: Column) -> Sequence[Any]:
        if column.kind == "R":
            return range(self.count - len(self._rows) + 1, self.count + 1)
        absent = self._encoding.absent[column.kind]
        return [row.get(column.name, absent) for row in self._rows]

    def _flush(self) -> None:
        if self._path.suffix == ".csv":
            self._flush_csv()
        else:
            self._flush_parquet()
        self._rows.clear()

    def _flush_parquet(self) -> None:
        arrays = [self._encoding.arrays[c.kind](c, self._values(c)) for c in self._columns]
        group = pa.table(arrays, names=[column.name for column in self._columns])
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._path, group.schema, compression="zstd")
        self._parquet.write_table(group)

    def _flush_csv(self) -> None:
        is_first = self._csv is None
        if self._csv is None:
            self._csv = self._path.open("w", encoding="utf-8", newline="")
        writer = csv.writer(self._csv, delimiter=";", lineterminator="\n")
        if is_first:
            writer.writerow(column.name for column in self._columns)
        texts = (self._texts(column) for column in self._columns)
        writer.writerows(zip(*texts, strict=True))

    def _texts(self, column: Column) -> Iterable[Any]:
        text = self._encoding.texts[column.kind]
        return [text(column, value) for value in self._values(column)]


# --- how most databases store the kinds


def text_array(_column: Column, values: Sequence[Any]) -> pa.Array:
    """Return text as it is, nothing where there is none."""
    return pa.array([value or None for value in values], pa.string())


def decimal_array(column: Column, values: Sequence[Any]) -> pa.Array:
    """Return numbers as decimals of the column's scale."""
    scale = -column.scale
    numbers = [None if value is None else Decimal(value).scaleb(scale) for value in values]
    return pa.array(numbers, pa.decimal128(18, column.scale))


def integer_array(_column: Column, values: Sequence[Any]) -> pa.Array:
    """Return whole numbers."""
    return pa.array(values, pa.int64())


def day_array(_column: Column, values: Sequence[Any]) -> pa.Array:
    """Return days."""
    return pa.array(values, pa.date32())


def instant_array(_column: Column, values: Sequence[Any]) -> pa.Array:
    """Return instants in local time; a day is its midnight."""
    return pa.array([as_instant(value) for value in values], pa.timestamp("ms"))


def as_instant(value: date | datetime | None) -> datetime | None:
    """Return a day or an instant as an instant without zone."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None, microsecond=0)
    return None if value is None else datetime(value.year, value.month, value.day)  # noqa: DTZ001 - local


def decimal_text(column: Column, value: int | None) -> str:
    """Write a number with the decimals of its column."""
    return "" if value is None else f"{Decimal(value).scaleb(-column.scale):.{column.scale}f}"
