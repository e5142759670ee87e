"""The drivers by which databases are spoken to: an address in, rows of small answers and Arrow batches out.

Holds connections and batches only. Which SQL is sent is the dialect's and the connector's; a driver's library
is imported when it is first wanted, since most of them are extras of the installation.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from types import ModuleType
from typing import Any, Final, Protocol

import duckdb
import pyarrow as pa

from ingestion.connectors.addresses import Address
from ingestion.connectors.dialects import only_reading
from ingestion.delivery import Attachment
from ingestion.duckdb_extensions import load_extension
from ingestion.sql import literal, quoted
from ingestion.workspace import Secret

BATCH_ROWS: Final = 50_000
"""Rows that are handed over at a time: 26 columns of a receivable title take 12 MB so."""

_ODBC_BATCH_BYTES: Final = 8 << 20
"""What an ODBC driver's buffer may take: it reserves the declared width of every text."""

_ODBC_TEXT_CHARACTERS: Final = 8_000
"""Reserved for a text without a width; a longer one is an error, never cut."""

_SCANNER: Final = "postgres_scanner"
_CATALOG: Final = "catalog"


class Driver(Protocol):
    """Speaks to one database. Every statement goes through `only_reading`."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the library raises."""
        ...

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A small answer, on a connection that is kept."""
        ...

    def batches(self, query: str) -> pa.RecordBatchReader:
        """A large one in batches, on a connection of its own that ends with it."""
        ...

    def close(self) -> None:
        """Give up the kept connection; the next statement makes a new one."""
        ...


def driver_of(address: Address, *, url: Secret, name: str) -> Driver:
    """The driver of an address. Raises ConfigurationError when its library is not installed."""
    if address.dialect.driver == _SCANNER:
        return PostgresScanner(address, alias=f"source_{name}")
    kind, library, extra = _DRIVERS[address.dialect.driver]
    return kind(address, _imported(library, extra, url))


class PostgresScanner:
    """PostgreSQL by DuckDB's own extension, which the store can also scan in place."""

    def __init__(self, address: Address, *, alias: str) -> None:
        url = _without_schema(address.text)
        self.attachment = Attachment(alias, "postgres", _SCANNER, url)
        self._connection: duckdb.DuckDBPyConnection | None = None

    errors = (duckdb.Error,)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connect().execute(_asked(_CATALOG, query)).fetchall()

    def batches(self, query: str) -> pa.RecordBatchReader:
        return self._connect().cursor().execute(_asked(_CATALOG, query)).to_arrow_reader(BATCH_ROWS)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def relation(self, query: str) -> str:
        """SQL by which the store has a query answered by the database itself, which may use an index."""
        return _asked(self.attachment.alias, query, select="")

    def scan(self, schema: str, table: str, columns: Sequence[str]) -> str:
        """SQL by which the store scans a table by ranges of pages, several at a time."""
        listed = ", ".join(map(quoted, columns))
        return f"(select {listed} from {quoted(self.attachment.alias)}.{quoted(schema)}.{quoted(table)})"

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            connection = duckdb.connect()
            load_extension(connection, self.attachment.extension)
            # batches of a chunk keep the order that the database gave them
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(
                f"attach {literal(self.attachment.url)} as {_CATALOG} (type postgres, read_only)"
            )
            self._connection = connection
        return self._connection


class _ArrowDriver:
    """What the drivers that give Arrow batches themselves have in common: their connections."""

    def __init__(self, address: Address, library: ModuleType) -> None:
        self._address = address
        self._library = library
        self._kept: Any = None

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        return (self._library.Error,)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if self._kept is None:
            self._kept = self._opened()
        return self._answer(self._kept, query)

    def batches(self, query: str) -> pa.RecordBatchReader:
        connection = self._opened()
        try:
            found = self._read(connection, query)
            first = next(found)
        except BaseException:
            self._end(connection)
            raise

        def rest() -> Iterator[pa.RecordBatch]:
            try:
                yield first
                yield from found
            finally:
                self._end(connection)

        return pa.RecordBatchReader.from_batches(first.schema, rest())

    def close(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            self._end(kept)

    def _opened(self) -> Any:
        """A session that reads only."""
        connection = self._connect()
        dialect = self._address.dialect
        try:
            chosen = [] if dialect.choice is None else self._answer(connection, dialect.choice)
            for statement in (*dialect.session, *(text for row in chosen for text in row)):
                self._set(connection, only_reading(statement))
        except BaseException:
            self._end(connection)
            raise
        return connection

    def _answer(self, connection: Any, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for batch in self._read(connection, query) for row in batch.to_pylist()]

    def _connect(self) -> Any:
        raise NotImplementedError

    def _set(self, connection: Any, statement: str) -> None:
        """Say something that has no answer."""
        with closing(connection.cursor()) as cursor:
            cursor.execute(statement)

    def _read(self, connection: Any, query: str) -> Iterator[pa.RecordBatch]:
        """The batches of an answer, at least one, though it may have no rows."""
        raise NotImplementedError

    def _end(self, connection: Any) -> None:
        # one that is broken cannot be closed either
        try:
            connection.close()
        except self.errors:
            return


class OracleDriver(_ArrowDriver):
    """Oracle by python-oracledb in its thin mode, which needs no client of Oracle's."""

    def _connect(self) -> Any:
        address = self._address
        options: dict[str, Any] = dict(address.options)
        if address.database:
            options["service_name"] = address.database
        return self._library.connect(
            user=address.user,
            password=address.password,
            host=address.host,
            port=address.port or 1521,
            **options,
        )

    def _read(self, connection: Any, query: str) -> Iterator[pa.RecordBatch]:
        frames = connection.fetch_df_batches(only_reading(query), size=BATCH_ROWS, fetch_decimals=True)
        for frame in frames:
            table = pa.table(frame)
            yield from table.to_batches() or [_empty(table.schema)]


class SqlServerDriver(_ArrowDriver):
    """SQL Server by mssql-python, which brings Microsoft's own driver along."""

    def _connect(self) -> Any:
        address = self._address
        parts = {
            "Server": f"{address.host},{address.port or 1433}",
            "Database": address.database,
            "UID": address.user,
            "PWD": address.password,
            **address.dialect.options,
            **address.options,
        }
        # without a transaction of ours none is left open
        return self._library.connect(_connection_string(parts), autocommit=True)

    def _read(self, connection: Any, query: str) -> Iterator[pa.RecordBatch]:
        with closing(connection.cursor()) as cursor:
            cursor.execute(only_reading(query))
            reader = cursor.arrow_reader(batch_size=BATCH_ROWS)
            is_any = False
            for batch in reader:
                is_any = True
                yield batch
            if not is_any:
                yield _empty(reader.schema)


class OdbcDriver(_ArrowDriver):
    """Whatever has an ODBC driver on this machine, by arrow-odbc."""

    def _connect(self) -> Any:
        given = self._address.options
        said = {name.casefold() for name in given}
        usual = self._address.dialect.options
        missing = {name: value for name, value in usual.items() if name.casefold() not in said}
        return self._library.connect(_connection_string({**given, **missing}))

    def _set(self, connection: Any, statement: str) -> None:
        connection.read_arrow_batches(query=statement)

    def _read(self, connection: Any, query: str) -> Iterator[pa.RecordBatch]:
        reader = connection.read_arrow_batches(
            query=only_reading(query),
            batch_size=BATCH_ROWS,
            max_bytes_per_batch=_ODBC_BATCH_BYTES,
            max_text_size=_ODBC_TEXT_CHARACTERS,
        )
        is_any = False
        for batch in reader:
            is_any = True
            yield batch
        if not is_any:
            yield _empty(reader.schema)

    def _end(self, connection: Any) -> None:
        # it ends when nobody holds it any more
        del connection


_DRIVERS: Final[Mapping[str, tuple[Callable[[Address, ModuleType], Driver], str, str]]] = {
    "oracle": (OracleDriver, "oracledb", "oracle"),
    "mssql": (SqlServerDriver, "mssql_python", "sqlserver"),
    "odbc": (OdbcDriver, "arrow_odbc", "odbc"),
}
"""By the dialects' name: the driver, its library, and the extra of the installation that brings it."""


def _imported(library: str, extra: str, url: Secret) -> ModuleType:
    try:
        return importlib.import_module(library)
    except ModuleNotFoundError:
        message = f"this kind of database needs its driver: pip install confere[{extra}]"
        raise url.place.error(message) from None
    except (ImportError, OSError) as error:
        # the driver is there, a library of the operating system is not
        reason = str(error).splitlines()[0]
        raise url.place.error(
            f"the driver {library} cannot start: {reason};"
            " ODBC needs unixODBC (libodbc) and the vendor's own driver"
        ) from None


def _asked(alias: str, query: str, *, select: str = "select * from ") -> str:
    return f"{select}postgres_query({literal(alias)}, {literal(only_reading(query))})"


def _without_schema(url: str) -> str:
    """The address without `schema`, which the database's own library does not know."""
    base, _, query = url.partition("?")
    kept = "&".join(option for option in query.split("&") if option and not option.startswith("schema="))
    return f"{base}?{kept}" if kept else base


def _connection_string(parts: Mapping[str, str | None]) -> str:
    return ";".join(f"{name}={_braced(value)}" for name, value in parts.items() if value) + ";"


def _braced(value: str) -> str:
    """A value of a connection string; braces hold what would end it."""
    if value.startswith("{") or not any(mark in value for mark in ";{}= "):
        return value
    return "{" + value.replace("}", "}}") + "}"


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=schema)
