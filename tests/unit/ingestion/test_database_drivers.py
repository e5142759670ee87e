"""Drivers of databases that no test has, against stand-ins with the signatures of the real libraries.

oracledb 26.1 and mssql-python 1.16 were looked at; ODBC is tried with a real server in tests/integration.
"""

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from ingestion.connectors import drivers
from ingestion.connectors.addresses import Address
from ingestion.connectors.drivers import Driver, driver_of
from ingestion.connectors.sql_database import Means, SqlDatabase
from ingestion.contracts import Column, TableContract
from ingestion.delivery import Selection
from ingestion.errors import ConfigurationError, DeliveryError, SourceUnavailable
from ingestion.marked_yaml import Place
from ingestion.workspace import Secret
from tests.unit.ingestion.world import NOW

ORACLE = "oracle://reader:s3cret@db:1522/WINT"
SQL_SERVER = "mssql://reader:s3;cret@db/corpore?TrustServerCertificate=yes"
ODBC = "odbc+informix:DSN=logix;UID=reader;PWD=s3cret"


class LibraryError(Exception):
    """What a library raises."""


class Library(ModuleType):
    """What all of them have: `connect`, `Error`; what was connected to, said and asked.

    `answers` are tables by a part of the query; a table of several chunks comes in several batches.
    """

    Error = LibraryError

    def __init__(self) -> None:
        super().__init__("library")
        self.connections: list[Connection] = []
        self.said: list[str] = []
        self.answers: dict[str, pa.Table] = {}
        self.fails_with: str | None = None
        self.connected_with: list[Any] = []

    def connect(self, *args: Any, **kwargs: Any) -> "Connection":
        self.connected_with.append((args, kwargs))
        self.connections.append(Connection(self))
        return self.connections[-1]

    def answer(self, query: str) -> pa.Table:
        self.said.append(query)
        if self.fails_with is not None:
            raise LibraryError(self.fails_with)
        return next(table for part, table in self.answers.items() if part in query)


class Connection:
    """A connection of any of the libraries."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True

    def cursor(self) -> "Cursor":
        return Cursor(self.library)

    def fetch_df_batches(  # oracledb
        self,
        statement: str | None = None,
        parameters: Any = None,
        size: int | None = None,
        *,
        fetch_decimals: bool | None = None,
        requested_schema: Any = None,
        handle: Any = None,
    ) -> Iterator[pa.Table]:
        assert fetch_decimals is True
        table = self.library.answer(statement or "")
        # a frame is whatever gives an Arrow stream
        yield from (pa.Table.from_batches([batch]) for batch in table.to_batches())
        if table.num_rows == 0:
            yield table

    def read_arrow_batches(
        self, query: str, batch_size: int = 65535, **options: Any
    ) -> "Reader":  # arrow-odbc
        if query.startswith("set "):
            self.library.said.append(query)
            return Reader(pa.table({}))
        return Reader(self.library.answer(query))


class Cursor:
    """A cursor of mssql-python, or of oracledb as far as it is used."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.found: pa.Table | None = None

    def execute(self, operation: str) -> "Cursor":
        if operation.startswith("set "):
            self.library.said.append(operation)
        else:
            self.found = self.library.answer(operation)
        return self

    def arrow_reader(self, batch_size: int = 8192) -> "Reader":
        return Reader(self.found)

    def close(self) -> None:
        pass


class Reader:
    """A reader of mssql-python or arrow-odbc: a schema, and batches."""

    def __init__(self, table: pa.Table) -> None:
        self.schema = table.schema
        self._batches = table.to_batches()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return iter(self._batches)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library()
    for name in ("oracledb", "mssql_python", "arrow_odbc"):
        monkeypatch.setitem(sys.modules, name, made)
    made.answers["snapshot_isolation_state"] = pa.table({"s": ["set transaction isolation level snapshot"]})
    return made


def secret(text: str) -> Secret:
    return Secret("${URL}", {"URL": text}, Place(Path("confere.yml"), 3, "sources[0].url"))


def driver(url: str) -> Driver:
    return driver_of(Address.of(secret(url)), url=secret(url), name="erp")


AMOUNTS = pa.table(
    {"n": [1, 2, 3], "amount": pa.array([Decimal("1.10"), None, Decimal("3.30")], pa.decimal128(16, 2))}
)


@pytest.mark.parametrize("url", [ORACLE, SQL_SERVER, ODBC])
def test_batches_come_on_a_connection_of_their_own_that_ends_with_them(library: Library, url: str) -> None:
    library.answers["select n"] = pa.concat_tables([AMOUNTS, AMOUNTS])
    one = driver(url)
    reader = one.batches("select n")
    assert reader.schema == AMOUNTS.schema
    assert reader.read_all().num_rows == 6
    assert len(library.connections) == 1
    if url != ODBC:
        assert library.connections[0].is_closed


@pytest.mark.parametrize("url", [ORACLE, SQL_SERVER, ODBC])
def test_an_empty_answer_has_columns(library: Library, url: str) -> None:
    library.answers["select n"] = AMOUNTS.slice(0, 0)
    one = driver(url)
    assert one.batches("select n").read_all() == AMOUNTS.slice(0, 0)
    assert one.rows("select n") == []


@pytest.mark.parametrize("url", [ORACLE, SQL_SERVER, ODBC])
def test_small_answers_share_a_connection_until_it_is_given_up(library: Library, url: str) -> None:
    library.answers["select n"] = AMOUNTS
    one = driver(url)
    assert one.rows("select n") == [(1, Decimal("1.10")), (2, None), (3, Decimal("3.30"))]
    one.rows("select n")
    assert len(library.connections) == 1
    one.close()
    one.rows("select n")
    assert len(library.connections) == 2


@pytest.mark.parametrize(
    ("url", "statements"),
    [
        (ORACLE, ["set transaction read only"]),
        (SQL_SERVER, ["set transaction isolation level snapshot"]),
        (ODBC, ["set isolation to committed read"]),
    ],
)
def test_a_session_is_told_to_read_only_before_anything_is_asked(
    library: Library, url: str, statements: list[str]
) -> None:
    library.answers["select n"] = AMOUNTS
    driver(url).batches("select n").read_all()
    said = [text for text in library.said if "snapshot_isolation_state" not in text]
    assert said == [*statements, "select n"]


@pytest.mark.parametrize("url", [ORACLE, SQL_SERVER, ODBC])
@pytest.mark.parametrize("statement", ["delete from t", "select 1; drop table t"])
def test_a_driver_sends_nothing_that_writes(library: Library, url: str, statement: str) -> None:
    one = driver(url)
    for send in (one.rows, one.batches):
        with pytest.raises(ValueError, match="only SELECT and SET"):
            send(statement)
    assert statement not in library.said


def test_how_oracle_is_connected_to(library: Library) -> None:
    driver(f"{ORACLE}?schema=winthor&protocol=tcps")._connect()  # type: ignore[attr-defined]
    ((args, kwargs),) = library.connected_with
    assert args == ()
    assert kwargs == {
        "user": "reader",
        "password": "s3cret",
        "host": "db",
        "port": 1522,
        "service_name": "WINT",
        "protocol": "tcps",
    }


def test_how_sql_server_is_connected_to(library: Library) -> None:
    driver(SQL_SERVER)._connect()  # type: ignore[attr-defined]
    ((args, kwargs),) = library.connected_with
    assert args == (
        "Server=db,1433;Database=corpore;UID=reader;PWD={s3;cret};ApplicationIntent=ReadOnly;"
        "TrustServerCertificate=yes;",
    )
    assert kwargs == {"autocommit": True}


def test_how_odbc_is_connected_to(library: Library) -> None:
    driver(ODBC)._connect()  # type: ignore[attr-defined]
    assert library.connected_with == [(("DSN=logix;UID=reader;PWD=s3cret;DELIMIDENT=y;",), {})]
    driver(f"{ODBC};delimident=n")._connect()  # type: ignore[attr-defined]
    assert library.connected_with[-1] == (("DSN=logix;UID=reader;PWD=s3cret;delimident=n;",), {})


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [(ORACLE, "oracledb", "oracle"), (SQL_SERVER, "mssql_python", "sqlserver"), (ODBC, "arrow_odbc", "odbc")],
)
def test_a_driver_that_is_not_installed_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, url: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"confere\.yml:3: sources\[0\]\.url: .*pip install confere\[{extra}\]"
    with pytest.raises(ConfigurationError, match=message):
        driver(url)


def test_a_driver_without_its_system_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str) -> ModuleType:
        raise OSError("libodbc.so.2: cannot open shared object file")

    monkeypatch.setattr(drivers.importlib, "import_module", fails)
    with pytest.raises(ConfigurationError, match=r"libodbc\.so\.2.*unixODBC"):
        driver(ODBC)


# the connector over a driver ---------------------------------------------------------------------------


CONTRACT = TableContract(
    system="winthor",
    name="pcprest",
    native="PCPREST",
    key=("DUPLIC", "PREST"),
    columns=(
        Column("DUPLIC", "bigint"),
        Column("PREST", "text"),
        Column("VALOR", "decimal", 18, 2),
        Column("DTEMISSAO", "date"),
    ),
    changed_at="DTMXSALTER",
    business_date="DTEMISSAO",
)
CATALOG = {
    "current_schema": pa.table({"s": ["WINTHOR"]}),
    "all_objects": pa.table({"n": ["PCPREST", "PCNFSAID"]}),
    "all_tab_columns": pa.table(
        {
            "n": ["DUPLIC", "PREST", "VALOR", "DTMXSALTER", "DTEMISSAO", "OBS"],
            "t": ["NUMBER unbounded", "VARCHAR2", "NUMBER", "DATE", "DATE", "VARCHAR2"],
            "z": ["NO", "YES", "YES", "YES", "YES", "YES"],
        }
    ),
    "count(*)": pa.table({"n": [Decimal(3)]}),
}


def database(library: Library, tmp_path: Path, told: list[Any] | None = None) -> SqlDatabase:
    library.answers = {**CATALOG, **library.answers}
    means = Means(
        tmp_path / "spool", lambda: NOW, lambda *said: told.append(said) if told is not None else None
    )
    return SqlDatabase(secret(ORACLE), name="erp", means=means)


def test_a_table_is_found_and_read_with_declared_columns_only(library: Library, tmp_path: Path) -> None:
    library.answers['from "WINTHOR"."PCPREST"'] = AMOUNTS
    told: list[Any] = []
    with database(library, tmp_path, told) as one:
        found = one.find(CONTRACT, known=None)
        assert found is not None
        assert found.columns == ("DUPLIC", "PREST", "VALOR", "DTMXSALTER", "DTEMISSAO", "OBS")
        delivery = one.read(CONTRACT, Selection())
    assert library.said[-1] == (
        'select cast("DUPLIC" as number(19)) as "DUPLIC", "PREST", "VALOR", "DTMXSALTER", "DTEMISSAO"'
        ' from "WINTHOR"."PCPREST"'
    )
    assert (delivery.is_whole, delivery.extra_columns, delivery.began_at) == (True, ("OBS",), NOW)
    assert delivery.relation.read_all() == AMOUNTS  # type: ignore[union-attr]
    assert told == [("PCPREST", 3, None)]


def test_the_bounds_of_an_increment_are_of_the_dialect(library: Library, tmp_path: Path) -> None:
    library.answers['from "WINTHOR"."PCPREST"'] = AMOUNTS
    with database(library, tmp_path) as one:
        one.read(CONTRACT, Selection(changed_since=NOW, business_since=NOW.date()))
    assert library.said[-1].endswith(
        "where \"DTMXSALTER\" >= to_date('2026-11-23 12:00:00', 'YYYY-MM-DD HH24:MI:SS')"
        " or \"DTEMISSAO\" >= to_date('2026-11-23 00:00:00', 'YYYY-MM-DD HH24:MI:SS')"
    )


def test_an_error_is_of_the_source_or_of_a_table_and_without_the_secret(
    library: Library, tmp_path: Path
) -> None:
    one = database(library, tmp_path)
    library.fails_with = "ORA-03113: reader/s3cret@db lost"
    with pytest.raises(SourceUnavailable, match=r"ORA-03113: reader/\*\*\*@db lost") as lost:
        one.find(CONTRACT, known=None)
    assert one.recover(lost.value)
    library.fails_with = None
    one.find(CONTRACT, known=None)
    library.fails_with = "ORA-00942: table or view does not exist"
    with pytest.raises(SourceUnavailable) as denied:
        one.read(CONTRACT, Selection(changed_since=NOW))
    assert not one.recover(denied.value)


def test_a_large_table_comes_as_a_scan_of_its_chunks(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.connectors.sql_database.SPOOLED_FROM", 3)
    rows = pa.table({"DUPLIC": [1, 2], "PREST": ["1", "1"]})
    library.answers |= {'"PREST" is null': rows.slice(0, 0), "rownum": rows}
    with database(library, tmp_path) as one:
        delivery = one.read(CONTRACT, Selection())
    assert "read_parquet(" in str(delivery.relation)
    assert 'where "PREST" is not null order by "DUPLIC", "PREST") where rownum <= 500000' in library.said[-1]
    delivery.settled()
    assert not (tmp_path / "spool" / "pcprest").exists()


def test_an_error_of_a_chunk_is_of_its_table(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.connectors.sql_database.SPOOLED_FROM", 3)
    one = database(library, tmp_path)
    one.find(CONTRACT, known=None)
    real = library.answer

    def answer(query: str) -> pa.Table:
        if '"PREST" is null' in query:
            raise LibraryError("ORA-01555: snapshot too old")
        return real(query)

    monkeypatch.setattr(library, "answer", answer)
    with pytest.raises(DeliveryError, match="PCPREST cannot be read: ORA-01555"):
        one.read(CONTRACT, Selection())
