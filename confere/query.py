"""`confere sql`: a query on the publication, as a table, CSV, JSON or Parquet.

The query runs as it was written, on a read-only database.
"""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TextIO

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from confere.publication import open_publication
from ingestion.errors import ConfereError

MAX_SHOWN: Final = 200
"""Rows of a table on a screen; the other formats hold them all."""

_NUMBERS: Final = frozenset(
    {"DECIMAL", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT"}
)
_BATCH_ROWS: Final = 10_000


class QueryError(ConfereError):
    """The query is not one that the database can run."""


def print_rows(published: Path, *, sql: str, console: Console) -> None:
    """A table of the first MAX_SHOWN rows, and a line that says how many more there are."""
    with _result(published, sql) as result:
        rows = result.fetchmany(MAX_SHOWN + 1)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name, kind in _columns(result):
            table.add_column(Text(name), justify="right" if _is_number(kind) else "left", overflow="fold")
        for row in rows[:MAX_SHOWN]:
            table.add_row(*(Text(_shown(cell)) for cell in row))
        console.print(table)
        if len(rows) > MAX_SHOWN:
            console.print(f"the first {MAX_SHOWN} rows; --csv, --json and --parquet give them all")


def write_csv(published: Path, *, sql: str, to: TextIO) -> None:
    """A header and every row; null is empty, instants are ISO in UTC, amounts have a point."""
    with _result(published, sql) as result:
        writer = csv.writer(to, lineterminator="\n")
        writer.writerow([name for name, _ in _columns(result)])
        for row in _rows(result):
            writer.writerow([_shown(cell) for cell in row])


def write_json(published: Path, *, sql: str, to: TextIO) -> None:
    """A list of objects, one row a line; amounts are numbers with all their digits."""
    with _result(published, sql) as result:
        columns = [(json.dumps(name, ensure_ascii=False), kind == "JSON") for name, kind in _columns(result)]
        separator = "[\n"
        for row in _rows(result):
            cells = ", ".join(
                f"{name}: {cell if is_json and cell is not None else _json(cell)}"
                for (name, is_json), cell in zip(columns, row, strict=True)
            )
            to.write(f"{separator}{{{cells}}}")
            separator = ",\n"
        to.write("[]\n" if separator == "[\n" else "\n]\n")


def write_parquet(published: Path, *, sql: str, to: Path) -> int:
    """Every row with its types; the file appears when it is whole. Returns the rows written."""
    import pyarrow.parquet as pq

    candidate = to.with_name(f".{to.name}.part")
    rows = 0
    try:
        with _result(published, sql) as result:
            reader = result.to_arrow_reader(_BATCH_ROWS)
            with pq.ParquetWriter(candidate, reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
                    rows += batch.num_rows
        candidate.replace(to)
    finally:
        candidate.unlink(missing_ok=True)
    return rows


@contextmanager
def _result(published: Path, sql: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """An error may come with the query or with any of its rows."""
    with open_publication(published) as connection:
        try:
            yield connection.execute(sql)
        except duckdb.Error as error:
            raise QueryError(str(error)) from error


def _columns(result: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return [(column[0], str(column[1])) for column in result.description or ()]


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while batch := result.fetchmany(_BATCH_ROWS):
        yield from batch


def _is_number(kind: str) -> bool:
    return kind.partition("(")[0] in _NUMBERS


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, date | datetime):
        return cell.isoformat()
    if isinstance(cell, list | dict):
        return _json(cell)
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def _json(cell: Any) -> str:
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, list):
        return f"[{', '.join(_json(one) for one in cell)}]"
    if isinstance(cell, dict):
        inner = (f"{json.dumps(str(name), ensure_ascii=False)}: {_json(one)}" for name, one in cell.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(cell, date | datetime):
        return json.dumps(cell.isoformat())
    return json.dumps(cell, ensure_ascii=False, default=str)
