"""The exported tables in a live PostgreSQL, as the Protheus keeps them there, for what reads the database."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import duckdb

from simulation.erp.protheus.tables import TABLES
from simulation.erp.tables import Column

_SQL_TYPES = {"N": "double precision", "R": "integer", "T": "timestamp"}


def load_postgres(folder: Path, url: str, *, has_stamps: bool = True) -> Mapping[str, int]:
    """Load the exported tables of ``folder`` into a PostgreSQL; return the rows of each physical table.

    Tables get the names, widths and keys of a real base (``sf1010``: alias, company, 0), text is padded,
    and ``has_stamps`` says whether S_T_A_M_P_ and I_N_S_D_T_ exist there. Tables of those names are replaced.
    ``url`` is a ``postgresql://`` address or a libpq connection string; duckdb.Error is raised when nothing
    answers there.
    """
    columns = {
        alias: [column for column in table.columns if has_stamps or column.kind != "T"]
        for alias, table in TABLES.items()
    }
    counts = {}
    with duckdb.connect() as connection:
        extension = files("duckdb_extension_postgres_scanner") / "extensions" / f"v{duckdb.__version__}"
        connection.execute(f"LOAD {_literal(str(extension / 'postgres_scanner.duckdb_extension'))}")
        connection.execute(f"ATTACH {_literal(url)} AS erp (TYPE postgres)")
        # All tables before any row: the first insert makes DuckDB remember the columns of every table.
        for alias, table in TABLES.items():
            name = table.physical_name.lower()
            for statement in (f"DROP TABLE IF EXISTS {name}", _create(name, columns[alias])):
                connection.execute(f"CALL postgres_execute('erp', {_literal(statement)})")
        for alias, table in TABLES.items():
            name = table.physical_name.lower()
            reader = (
                "read_csv(?, delim=';', header=true, all_varchar=true)" if table.is_csv else "read_parquet(?)"
            )
            values = ", ".join(map(_select, columns[alias]))
            inserted = connection.execute(
                f"INSERT INTO erp.{name} SELECT {values} FROM {reader}", [str(folder / table.file_name)]
            )
            counts[name] = inserted.fetchall()[0][0]
    return counts


def _create(name: str, columns: Sequence[Column]) -> str:
    definitions = []
    for column in columns:
        sql_type = f"character({column.width})" if column.kind == "C" else _SQL_TYPES[column.kind]
        definitions.append(f"{column.name.lower()} {sql_type}{'' if column.kind == 'T' else ' not null'}")
    return f"CREATE TABLE {name} ({', '.join(definitions)}, PRIMARY KEY (r_e_c_n_o_))"


def _select(column: Column) -> str:
    if column.kind == "C":
        # A CSV has no blanks behind its values, and nothing at all where only blanks stood.
        return f"rpad(coalesce(\"{column.name}\", ''), {column.width}, ' ')"
    return f'CAST("{column.name}" AS {_SQL_TYPES[column.kind]})'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
