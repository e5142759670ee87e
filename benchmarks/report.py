"""The tables of docs/benchmarks.md: what was measured, on what, and which targets that keeps.

Holds their form and the targets. No path, host or user may come into them.
"""

import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from benchmarks.measuring import Measured

BEGIN: Final = "<!-- benchmarks.xml: written by `python -m benchmarks.xml`, do not edit -->"
END: Final = "<!-- benchmarks.xml: end -->"

_LIBRARIES: Final = ("lxml", "pyarrow", "duckdb", "numba", "numpy", "xml2arrow", "xmltodict", "nfelib")

_LIMIT: Final = "raw lxml parse"
_OURS: Final = "confere, three tables"

_PEAK_GIB: Final = 1.0
_FLAT: Final = 1.5
"""Peak memory counts as flat when the largest inbox takes at most this many times what the smallest takes."""

_BUSY_CORES: Final = 1.5
"""Of two, while everything comes in; the rest is what no second core can help with."""


@dataclass(frozen=True, slots=True)
class LoadRow:
    """A load into the store: `form` files or zip, `case` cold, 1 % new or unchanged, the documents there.

    `bytes` is the XML that was taken in; `measured.count` what its CPU is divided by.
    """

    form: str
    case: str
    documents: int
    bytes: int
    measured: Measured


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured in one go."""

    plan: str
    sample: int
    rounds: int
    readers: Mapping[str, Measured]
    stages: Mapping[str, Measured]
    loads: Sequence[LoadRow]

    @property
    def limit(self) -> float:
        """CPU microseconds of a bare parse."""
        return self.readers[_LIMIT].micros


def write_report(report: Report, page: Path) -> str:
    """Replace what stands between the marks of a page, and give it."""
    return replace_between(BEGIN, END, page, "\n".join(_lines(report)))


def replace_between(begin: str, end: str, page: Path, text: str) -> str:
    """Replace what stands between two marks of a page by a text, and give that."""
    whole = page.read_text(encoding="utf-8")
    before, _, rest = whole.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{page}: the marks are not there: {begin} … {end}")
    page.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")
    return text


def _lines(report: Report) -> Iterator[str]:
    what = (
        f"the {report.plan} plan: {report.sample:,} documents for each reader, median of {report.rounds}"
        " runs in turn"
    )
    yield from machine(what, _LIBRARIES)
    yield from table("Targets", ("target", "measured", ""), _targets(report))
    yield from table(
        "Readers",
        ("reader", "CPU µs per document", "against the parse", "documents per CPU second"),
        (
            (name, f"{m.micros:,.0f}", f"{m.micros / report.limit:.2f}", f"{1e6 / m.micros:,.0f}")
            for name, m in report.readers.items()
        ),
    )
    yield from table(
        "Into the store",
        (
            "inbox",
            "load",
            "CPU seconds",
            "CPU µs per document",
            "against the parse",
            "documents per CPU second",
            "documents per second",
            "MB of XML per second",
            "cores busy",
            "peak MiB",
        ),
        (_load_line(row, report.limit) for row in report.loads),
    )
    yield from table(
        "Stages",
        ("stage", "CPU µs per document", "against the parse"),
        ((name, f"{m.micros:,.1f}", f"{m.micros / report.limit:.2f}") for name, m in report.stages.items()),
    )


def machine(what: str, libraries: Sequence[str]) -> Iterator[str]:
    """A line that says what was measured, when, on what machine and with which versions."""
    yield (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} ({what}) on {_cpu_model()}, {os.cpu_count()} cores,"
        f" {_memory_gib()} GiB, {platform.system()}, Python {platform.python_version()}; "
        + ", ".join(f"{name} {found}" for name in libraries if (found := _version(name)))
        + "."
    )
    yield ""


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table below its title: the first column is text, the others are numbers."""
    yield f"### {title}"
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join(['---'] + ['---:'] * (len(heads) - 1))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _load_line(row: LoadRow, limit: float) -> Sequence[str]:
    m = row.measured
    return (
        f"{row.documents:,} documents, {row.form}",
        row.case,
        f"{m.cpu:,.2f}",
        f"{m.micros:,.1f}",
        f"{m.micros / limit:.2f}",
        f"{m.count / m.cpu:,.0f}",
        f"{m.count / m.wall:,.0f}",
        f"{row.bytes / m.wall / 1e6:,.0f}" if row.bytes else "",
        f"{m.cpu / m.wall:.2f}",
        f"{m.peak / 2**20:,.0f}",
    )


# targets


def _targets(report: Report) -> Iterator[Sequence[str]]:
    ours = report.readers[_OURS].micros
    yield at_most("extraction of the three tables, against the parse", ours / report.limit, 1.25)
    for form, most in (("files", 4.0), ("zip", 4.5)):
        cold = [row for row in report.loads if (row.form, row.case) == (form, "cold")]
        if cold:
            worst = max(row.measured.micros for row in cold)
            yield at_most(
                f"everything into the store from {form}, against the parse", worst / report.limit, most
            )
    for name, least in (("xmltodict", 10.0), ("lxml, an XPath per field", 12.0), ("nfelib objects", 30.0)):
        yield at_least(f"three tables, times faster than {name}", report.readers[name].micros / ours, least)
    cold = [row for row in report.loads if (row.form, row.case) == ("files", "cold")]
    largest = max(cold, key=lambda row: row.documents)
    smallest = min(cold, key=lambda row: row.documents)
    yield at_most(f"peak GiB at {largest.documents:,} documents", largest.measured.peak / 2**30, _PEAK_GIB)
    if largest is not smallest:
        yield at_most(
            f"peak at {largest.documents:,} documents against {smallest.documents:,}",
            largest.measured.peak / smallest.measured.peak,
            _FLAT,
        )
    yield at_least(
        f"cores busy at {largest.documents:,} documents",
        largest.measured.cpu / largest.measured.wall,
        _BUSY_CORES,
    )
    unchanged = max(
        (row for row in report.loads if (row.form, row.case) == ("files", "unchanged")),
        key=lambda row: row.documents,
    )
    yield at_most(f"µs per file of {unchanged.documents:,} unchanged ones", unchanged.measured.micros, 10.0)


def at_most(what: str, measured: float, most: float) -> Sequence[str]:
    """A line of the targets: what is kept by being low."""
    return f"{what} ≤ {most:g}", f"{measured:.2f}", "kept" if measured <= most else "**missed**"


def at_least(what: str, measured: float, least: float) -> Sequence[str]:
    """The same for what is kept by being high."""
    return f"{what} ≥ {least:g}", f"{measured:.2f}", "kept" if measured >= least else "**missed**"


# the machine


def _cpu_model() -> str:
    try:
        said = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in said.splitlines() if line.startswith("model name"))
    return next(names, platform.machine())


def _memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
