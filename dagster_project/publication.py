"""The publication: the marts of the working store copied into the one file that readers open.

A function over paths. It writes a new file in a folder beside the published one
(`published/.next/marts.duckdb`), opens it again under another name to check it, and replaces the published
file in one step, so that an open reader keeps what it had and a new one sees the old or the new publication,
never a part. Only tables are written: DuckDB 1.5 keeps the catalog's name inside a view. No Dagster, no dbt
and no business rule may be put here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

QUALITY_SCHEMA: Final = "quality"
MODEL_SCHEMAS: Final = ("marts", "reference", QUALITY_SCHEMA)
QUALITY_TABLES: Final = (
    "runs",
    "extractions",
    "quarantine",
    "completeness",
    "checks",
    "check_results",
    "check_failures",
)
STORAGE_VERSION: Final = "v1.2.0"
"""The oldest DuckDB that opens the publication; contract with the readers."""

_STAGING_FOLDER: Final = ".next"


class PublicationError(Exception):
    """The new file is not what it has to be; the published one was not touched."""


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def sql(self) -> str:
        return f"{_identifier(self.schema)}.{_identifier(self.table)}"


_QUALITY: Final = frozenset(TableName(QUALITY_SCHEMA, table) for table in QUALITY_TABLES)


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published: the file, its size in bytes, the rows of each table."""

    path: Path
    size: int
    rows: dict[TableName, int]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a publication was made from: the fingerprint of its run, and the streams that run could not take.

    From `as_of` until `next_change_at` the same inputs give the same marts. Fingerprint and end are None
    where the run built only a part.
    """

    fingerprint: str | None
    as_of: datetime
    next_change_at: datetime | None
    failed_streams: frozenset[tuple[str, str]]

    def holds_at(self, as_of: datetime) -> bool:
        """Whether a run with this clock, and the same inputs, would publish the same."""
        return self.next_change_at is not None and self.as_of <= as_of < self.next_change_at


def publish(
    warehouse: Path,
    *,
    target: Path,
    models: Collection[TableName],
    required: Collection[TableName] | None = None,
) -> Publication:
    """Copies `models` and the quality tables of `warehouse` to `target`, atomically.

    `models` are the tables of the published schemas that the project builds: what stands there
    beside them belongs to a model that is no more. `required` (default: all of them) are those without which
    nothing is published; the others are copied when they exist. Comments of tables and columns travel along.
    Raises PublicationError, or duckdb.Error when the warehouse cannot be read; whatever is raised, `target`
    is what it was before.
    """
    needed = {*(models if required is None else required), *_QUALITY}
    staging = target.parent / _STAGING_FOLDER
    discard_leftovers(target)
    staging.mkdir(parents=True)
    candidate = staging / target.name
    try:
        rows = _write(warehouse, candidate=candidate, wanted={*models, *_QUALITY})
        _check(candidate, expected=rows, required=needed)
        size = candidate.stat().st_size
        _sync(candidate)
        candidate.replace(target)
        _sync(target.parent)
    finally:
        discard_leftovers(target)
    return Publication(path=target, size=size, rows=rows)


def discard_leftovers(target: Path) -> None:
    """Removes what a publication that was cut off left behind; for the one writer of the workspace only."""
    shutil.rmtree(target.parent / _STAGING_FOLDER, ignore_errors=True)


def read_origin(published: Path) -> Origin | None:
    """What a publication was made from; None when there is none, or it cannot be read."""
    if not published.exists():
        return None
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            run_id, fingerprint, as_of, next_change_at = connection.execute(
                "select run_id, fingerprint, as_of, next_change_at from quality.runs"
                " order by started_at desc, run_id desc limit 1"
            ).fetchall()[0]
            failed = connection.execute(
                "select source, stream from quality.extractions where run_id = ? and status = 'error'",
                [run_id],
            ).fetchall()
    except (duckdb.Error, IndexError):
        return None
    return Origin(
        fingerprint=fingerprint, as_of=as_of, next_change_at=next_change_at, failed_streams=frozenset(failed)
    )


def _write(warehouse: Path, *, candidate: Path, wanted: Set[TableName]) -> dict[TableName, int]:
    rows: dict[TableName, int] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {_literal(str(warehouse))} as source (read_only)")
        connection.execute(
            f"attach {_literal(str(candidate))} as destination (storage_version {_literal(STORAGE_VERSION)})"
        )
        for schema in MODEL_SCHEMAS:
            connection.execute(f"create schema destination.{_identifier(schema)}")
        for name in _tables(connection, catalog="source"):
            if name in wanted:
                connection.execute(f"create table destination.{name.sql} as from source.{name.sql}")
                _copy_comments(connection, name)
                rows[name] = _count(connection, f"source.{name.sql}")
        connection.execute("detach destination")
    return rows


def _copy_comments(connection: duckdb.DuckDBPyConnection, name: TableName) -> None:
    scope = "database_name = 'source' and schema_name = ? and table_name = ? and coalesce(comment, '') <> ''"
    for (comment,) in connection.execute(
        f"select comment from duckdb_tables() where {scope}", [name.schema, name.table]
    ).fetchall():
        connection.execute(f"comment on table destination.{name.sql} is {_literal(comment)}")
    for column, comment in connection.execute(
        f"select column_name, comment from duckdb_columns() where {scope}", [name.schema, name.table]
    ).fetchall():
        connection.execute(
            f"comment on column destination.{name.sql}.{_identifier(column)} is {_literal(comment)}"
        )


def _check(candidate: Path, *, expected: Mapping[TableName, int], required: Set[TableName]) -> None:
    """Opens the new file as a reader would, under a name of its own, and counts."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {_literal(str(candidate))} as reader (read_only)")
        found = {
            name: _count(connection, f"reader.{name.sql}") for name in _tables(connection, catalog="reader")
        }
    problems = [f"{name} is missing" for name in sorted(required - found.keys())]
    problems += [
        f"{name} holds {found.get(name, 0)} rows instead of {rows}"
        for name, rows in expected.items()
        if found.get(name, 0) != rows
    ]
    if problems:
        raise PublicationError("the new publication is not complete: " + "; ".join(problems))


def _tables(connection: duckdb.DuckDBPyConnection, *, catalog: str) -> list[TableName]:
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? order by all", [catalog]
    ).fetchall()
    return [TableName(schema, table) for schema, table in found]


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])


def _sync(path: Path) -> None:
    """Makes a file, or a renaming in a folder, survive a power cut; Windows cannot sync folders."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
