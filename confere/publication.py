"""Opening the published file for the command line: read-only, under a name of its own.

The file is called marts and so is its main schema; opened by its own name, DuckDB finds `marts.sync_status`
ambiguous. Attached as `confere` and made the default, every `schema.table` of the publication is found. No
query belongs here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingestion.errors import ConfereError


class NothingPublished(ConfereError):  # noqa: N818 - named for what the caller sees
    """There is no publication to read, or not one with what was asked for."""


@contextmanager
def open_publication(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the publication. Raises NothingPublished."""
    if not path.is_file():
        raise NothingPublished(f"nothing is published at {path} yet; `confere run` publishes")
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        quoted = str(path).replace("'", "''")
        connection.execute(f"attach '{quoted}' as confere (read_only)")
        connection.execute("use confere")
        yield connection


def holds(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the publication has a table, named `schema.table`: a partial build may lack some."""
    schema, _, name = table.partition(".")
    return bool(
        connection.execute(
            "select 1 from duckdb_tables()"
            " where database_name = 'confere' and schema_name = ? and table_name = ?",
            [schema, name],
        ).fetchall()
    )
