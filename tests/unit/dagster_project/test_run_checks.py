"""The checks on the run itself: each has a case that fires and one that stays silent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.run_checks import check_run
from ingestion.store import CheckResult

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema quality")
        connection.execute(
            "create table quality.extractions (run_id varchar, source varchar, stream varchar,"
            " mode varchar, status varchar, finished_at timestamptz, message varchar)"
        )
        connection.execute(
            "create table quality.completeness (run_id varchar, source varchar, stream varchar,"
            " stage varchar, row_count bigint)"
        )
    return path


def extraction(
    warehouse: Path, status: str, *, run_id: str = "r2", mode: str = "full", age: timedelta = timedelta()
) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into quality.extractions values (?, 'erp', 'SE1', ?, ?, ?, 'unreadable')",
            [run_id, mode, status, NOW - age],
        )


def totals(warehouse: Path, **rows: int) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        for stage, count in rows.items():
            connection.execute(
                "insert into quality.completeness values ('r2', 'erp', 'SE1', ?, ?)", [stage, count]
            )


def results(warehouse: Path) -> dict[str, CheckResult]:
    return {result.check_name: result for _, result in check_run(warehouse, run_id="r2", clock=lambda: NOW)}


def test_all_is_well(warehouse: Path) -> None:
    extraction(warehouse, "ok")
    extraction(warehouse, "error", run_id="r1")
    totals(warehouse, source=10, store=7, quarantine=2, duplicate=1, homologation=3)
    assert {name: result.status for name, result in results(warehouse).items()} == {
        "extraction": "passed",
        "freshness": "passed",
        "completeness": "passed",
    }


def test_a_stream_that_failed_is_named(warehouse: Path) -> None:
    extraction(warehouse, "error")
    found = results(warehouse)["extraction"]
    assert (found.status, found.failures) == ("warned", 1)
    assert found.failing == (("erp|SE1", {"message": "unreadable"}),)


@pytest.mark.parametrize(
    ("status", "hours", "expected"),
    [("ok", 35, "passed"), ("unchanged", 35, "passed"), ("ok", 37, "warned"), ("error", 1, "warned")],
)
def test_a_source_that_was_not_read_for_long(warehouse: Path, status: str, hours: int, expected: str) -> None:
    extraction(warehouse, status, age=timedelta(hours=hours))
    assert results(warehouse)["freshness"].status == expected


@pytest.mark.parametrize("mode", ["check", "replay", "reread"])
def test_what_is_stored_already_tells_nothing_of_its_source(warehouse: Path, mode: str) -> None:
    extraction(warehouse, "error", age=timedelta(hours=1))
    extraction(warehouse, "ok", mode=mode)
    assert results(warehouse)["freshness"].status == "warned"


def test_rows_that_got_lost(warehouse: Path) -> None:
    totals(warehouse, source=10, store=7, quarantine=2)
    found = results(warehouse)["completeness"]
    assert found.failing == (("erp|SE1", {"delivered": "10", "kept": "9"}),)


def test_a_stream_that_does_not_tell_its_total_cannot_be_incomplete(warehouse: Path) -> None:
    totals(warehouse, store=7)
    assert results(warehouse)["completeness"].status == "passed"
