"""Small pieces of SQL: names and values as text, and Arrow tables that statements find by name.

Holds nothing that knows a table or a source.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb
import pyarrow as pa


def quoted(name: str) -> str:
    """A native name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def instant(value: datetime) -> str:
    """SQL of an instant."""
    return f"timestamptz {literal(value.isoformat())}"


def text_column(name: str, values: Collection[str | None]) -> pa.Table:
    """A table of one column of texts."""
    return pa.table({name: pa.array(values, pa.string())})


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    """Give an Arrow table a name in SQL for a while."""
    connection.register(name, table)
    try:
        yield
    finally:
        connection.unregister(name)
