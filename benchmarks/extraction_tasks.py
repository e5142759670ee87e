"""The tasks of the extraction benchmark; `python -m benchmarks.extraction_tasks NAME SETTINGS` runs one.

A task prepares what it needs, takes the time of the work, and prints what it took as one line of JSON. A peer
brings the same rows of the same table into a DuckDB table, as it comes.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

import duckdb

from benchmarks.measuring import Meter
from ingestion.connectors import sql_database
from ingestion.contracts import Contracts, read_contracts
from ingestion.duckdb_extensions import load_extension
from ingestion.load import load_source
from ingestion.marked_yaml import Place
from ingestion.store import Store
from ingestion.workspace import Secret, Source

Task: TypeAlias = Callable[..., dict[str, Any]]

TABLE: Final = "se1010"
_NOW: Final = datetime(2027, 6, 1, tzinfo=UTC)


def load(*, url: str, folder: str, sweep: bool = False, chunk: int | None = None) -> dict[str, Any]:
    """The table into the store below a folder: the first time whole, then what changed since.

    `chunk` has it read in chunks of so many rows, however many there are.
    """
    if chunk is not None:
        sql_database.SPOOLED_FROM, sql_database.CHUNK_ROWS = 0, chunk  # type: ignore[misc]
    place = Path(folder)
    contracts = _contracts(place)
    setting = Place(place / "confere.yml", 1, "sources[0].url")
    secret = Secret("${URL}", {"URL": url}, setting)
    source = Source("erp", "protheus", "01", secret, None, frozenset(), None, setting)
    meter = Meter()
    with meter.running():
        store = Store.open(place / "warehouse.duckdb", contracts=contracts, software_version="benchmark")
        with store:
            before = store.last_run()
            as_of = _NOW if before is None else before.as_of + timedelta(days=1)
            run = store.start_run(run_id=f"{as_of:%Y%m%d}", command="run", as_of=as_of, started_at=as_of)
            result = load_source(
                source,
                store=store,
                contracts=contracts,
                run=run,
                archive_dir=place / "archive",
                clock=lambda: as_of,
                sweep=sweep,
            )
            store.finish_run(run, status="succeeded", finished_at=as_of)
    (stream,) = result.streams
    if stream.status != "ok":
        raise SystemExit(stream.message)
    return _took(meter, count=stream.rows_read, mode=stream.mode, changed=stream.rows_changed)


def scanner(*, url: str, folder: str) -> dict[str, Any]:
    """DuckDB's own extension, nothing else done: the limit."""

    def work(connection: duckdb.DuckDBPyConnection) -> None:
        load_extension(connection, "postgres_scanner")
        connection.execute(f"attach '{url}' as pg (type postgres, read_only)")
        connection.execute(f"create table t as from pg.public.{TABLE}")

    return _peer(folder, work)


def connectorx(*, url: str, folder: str) -> dict[str, Any]:
    """connectorx, as a stream of Arrow batches."""
    import connectorx as cx

    def work(connection: duckdb.DuckDBPyConnection) -> None:
        rows = cx.read_sql(url, f"select * from {TABLE}", return_type="arrow_stream", batch_size=50_000)
        connection.register("rows", rows)
        connection.execute("create table t as from rows")

    return _peer(folder, work)


def polars(*, url: str, folder: str) -> dict[str, Any]:
    """polars.read_database_uri, which holds the whole table in memory."""
    import polars as pl

    def work(connection: duckdb.DuckDBPyConnection) -> None:
        rows = pl.read_database_uri(f"select * from {TABLE}", url)
        connection.register("rows", rows.to_arrow())
        connection.execute("create table t as from rows")

    return _peer(folder, work)


def odbc(*, url: str, folder: str) -> dict[str, Any]:
    """arrow-odbc, as a stream of Arrow batches; `url` is the connection string."""
    import arrow_odbc

    def work(connection: duckdb.DuckDBPyConnection) -> None:
        reader = arrow_odbc.read_arrow_batches_from_odbc(
            f"select * from {TABLE}", connection_string=url, batch_size=50_000, max_bytes_per_batch=32 << 20
        )
        connection.register("rows", reader.into_pyarrow_record_batch_reader())
        connection.execute("create table t as from rows")

    return _peer(folder, work)


TASKS: Final[Mapping[str, Task]] = {task.__name__: task for task in (load, scanner, connectorx, polars, odbc)}


def _peer(folder: str, work: Callable[[duckdb.DuckDBPyConnection], None]) -> dict[str, Any]:
    meter = Meter()
    with _database(Path(folder)) as path, meter.running(), duckdb.connect(str(path)) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set memory_limit = '256MB'")
        work(connection)
        ((count,),) = connection.execute("select count(*) from t").fetchall()
    return _took(meter, count=count)


@contextmanager
def _database(folder: Path) -> Iterator[Path]:
    path = folder / "peer.duckdb"
    path.unlink(missing_ok=True)
    yield path
    path.unlink()


def _contracts(folder: Path) -> Contracts:
    models = folder / "models"
    target = models / "staging" / "protheus" / "_protheus__sources.yml"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name(f"{TABLE}.yml"), target)
    return read_contracts(models)


def _took(meter: Meter, *, count: int, **said: Any) -> dict[str, Any]:
    return {"cpu": meter.cpu, "wall": meter.wall, "count": count, **said}


def main() -> None:
    """Run the task that is named, and print what it took."""
    name, settings = sys.argv[1:]
    sys.stdout.write(json.dumps(TASKS[name](**json.loads(settings))) + "\n")


if __name__ == "__main__":
    main()
