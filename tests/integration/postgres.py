"""A PostgreSQL server of the tests, and Protheus tables in it."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from ingestion.duckdb_extensions import load_extension
from ingestion.marked_yaml import Place
from ingestion.workspace import Secret

COLUMNS = (
    "e1_filial char(4), e1_num char(9), e1_emis1 char(8), e1_valor double precision, e1_xnome char(10),"
    " d_e_l_e_t_ char(1) default ' ', r_e_c_n_o_ bigint primary key"
)
STAMPED = f"{COLUMNS}, s_t_a_m_p_ timestamp"


@dataclass
class Server:
    """A PostgreSQL server on a socket of its own, in the folder that holds its data."""

    url: str
    folder: Path

    def execute(self, *statements: str) -> None:
        with duckdb.connect() as connection:
            load_extension(connection, "postgres_scanner")
            connection.execute(f"attach '{self.url}' as pg (type postgres)")
            for statement in statements:
                connection.execute("call postgres_execute('pg', $1)", [statement])

    @property
    def odbc(self) -> str:
        """Its address for ODBC."""
        driver = "Driver={PostgreSQL Unicode}"
        return f"odbc+postgresql:{driver};Servername={self.folder};Port=5432;Database=postgres;UID=postgres"


def secret(url: str) -> Secret:
    return Secret("${ERP_URL}", {"ERP_URL": url}, Place(Path("confere.yml"), 1, "sources[0].url"))


def titles(
    numbers: range, *, stamp: str | None = None, amount: str = "i * 1.1", day: str = "20261001"
) -> str:
    """SQL that inserts titles numbered so, `i` their record number."""
    stamped = "" if stamp is None else f", timestamp '{stamp}'"
    return (
        "insert into se1010 select '01', 'N' || i, "
        f"'{day}', {amount}, 'Ana', ' ', i{stamped}"
        f" from generate_series({numbers.start}, {numbers.stop - 1}) i"
    )


def odbc_address(server: Server) -> str:
    """Its address for ODBC; skips where the driver manager or the driver is not there."""
    try:
        import arrow_odbc
    except (ImportError, OSError) as error:
        pytest.skip(f"no ODBC here: {error}")
    try:
        arrow_odbc.connect(server.odbc.partition(":")[2])
    except arrow_odbc.Error as error:
        pytest.skip(f"PostgreSQL's ODBC driver is not installed: {error}")
    return server.odbc
