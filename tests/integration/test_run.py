"""The main job around the marts: what it publishes, when it stops early, what stands after it went wrong."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project import publication, session
from dagster_project.errors import NothingSelected, RunFailed
from dagster_project.run import RunOutcome, replay_workspace, run_workspace
from ingestion.errors import ClockWentBack
from ingestion.state import add_waiver
from ingestion.store import Waiver
from ingestion.workspace import read_workspace
from tests.integration.small_house import write_codes, write_project, write_workspace


class Notes:
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.notes: list[str] = []

    def stage(self, name: str) -> None:
        if name not in self.stages:
            self.stages.append(name)

    def step(self, label: str, *, done: int, total: int | None = None, documents: int | None = None) -> None:
        pass

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = write_project(tmp_path / "dbt")
    monkeypatch.setattr(session, "dbt_project_dir", lambda: project)
    return write_workspace(tmp_path / "workspace", ("a", "1.00"), ("b", "2.00"))


def run(root: Path, **options: Any) -> RunOutcome:
    return run_workspace(read_workspace(root, environ={}), **options)


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as published (read_only)")
        connection.execute("use published")
        return connection.execute(sql).fetchall()


def published(root: Path, sql: str) -> list[tuple[Any, ...]]:
    return rows(root / "published" / "marts.duckdb", sql)


def stored(root: Path, sql: str) -> list[tuple[Any, ...]]:
    return rows(root / "warehouse" / "confere.duckdb", sql)


CODES = "select code, amount from marts.codes order by code"


def test_the_first_run_publishes_marts_catalogues_and_quality(root: Path) -> None:
    progress = Notes()
    outcome = run(root, progress=progress)

    assert outcome.status == "published"
    assert progress.stages == ["extract", "check", "transform", "publish"]
    assert published(root, CODES) == [("a", Decimal("1.00")), ("b", Decimal("2.00"))]
    assert published(root, "select kind from reference.kinds order by kind") == [(1,), (2,)]
    assert published(root, "select run_id, status, command from quality.runs") == [
        (outcome.run_id, "succeeded", "run")
    ]
    assert published(
        root,
        "select tool, status, count(*) from quality.check_results"
        " join quality.checks using (check_name) group by all order by all",
    ) == [
        ("dagster", "passed", 3),
        ("dbt", "passed", 2),
        ("dbt", "warned", 1),
        ("great_expectations", "passed", 2),
    ]
    # a check that only reports names its rows
    assert published(
        root, "select check_name, failing_key from quality.check_failures order by failing_key"
    ) == [
        ("accepted_values_codes_code__forbidden", "a"),
        ("accepted_values_codes_code__forbidden", "b"),
    ]  # fmt: skip


def test_nothing_new_keeps_the_publication(root: Path) -> None:
    run(root)
    before = (root / "published" / "marts.duckdb").stat()
    progress = Notes()

    assert run(root, progress=progress).status == "unchanged"
    after = (root / "published" / "marts.duckdb").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert progress.stages == ["extract"]

    write_codes(root, [("a", "1.00"), ("c", "3.00")])
    assert run(root).status == "published"
    assert published(root, CODES) == [("a", Decimal("1.00")), ("c", Decimal("3.00"))]
    assert run(root).status == "unchanged"


def test_what_else_is_news(root: Path, tmp_path: Path) -> None:
    """The clock, a waiver, another model, and being told to do it all again."""
    run(root)
    clock = datetime(2026, 12, 1, tzinfo=UTC)
    assert run(root, as_of=clock - timedelta(microseconds=1)).status == "unchanged", (
        "time alone changes nothing yet"
    )
    assert run(root, as_of=clock).status == "published"

    add_waiver(root / "state" / "confere.sqlite", Waiver("m1", "known", date(2026, 12, 31), clock))
    assert run(root, as_of=clock).status == "published"

    model = tmp_path / "dbt" / "models" / "marts" / "sync" / "totals.sql"
    model.write_text(model.read_text() + "-- another way to say it\n")
    assert run(root, as_of=clock).status == "published"

    assert run(root, as_of=clock).status == "unchanged"
    assert run(root, as_of=clock, full=True).status == "published"


def test_an_earlier_clock_needs_a_full_run(root: Path) -> None:
    run(root)
    earlier = datetime(2026, 10, 1, tzinfo=UTC)
    with pytest.raises(ClockWentBack, match="--full"):
        run(root, as_of=earlier)
    assert run(root, as_of=earlier, full=True).as_of == earlier


def test_a_broken_invariant_stops_the_publication(root: Path) -> None:
    run(root)
    write_codes(root, [("a", "666.00")])
    with pytest.raises(RunFailed) as failed:
        run(root)

    assert "amount_is_not_666 found 1 rows (value_field 666.00, n_records 1)" in failed.value.what
    assert "models/marts/sync/_sync__models.yml" in failed.value.where
    assert published(root, CODES) == [("a", Decimal("1.00")), ("b", Decimal("2.00"))]
    assert stored(root, "select status from quality.runs order by started_at") == [
        ("succeeded",),
        ("failed",),
    ]
    assert stored(
        root,
        "select status, failures from quality.check_results where check_name = 'amount_is_not_666'"
        " order by checked_at desc limit 1",
    ) == [("failed", 1)]
    failing = "select failing_key from quality.check_failures where check_name = 'amount_is_not_666'"
    assert stored(root, failing) == [("666.00",)]

    # the failed run took the rows in already, and yet the next one has something to say
    with pytest.raises(RunFailed):
        run(root)
    write_codes(root, [("a", "3.00")])
    run(root)
    assert published(root, CODES) == [("a", Decimal("3.00"))]


def test_a_broken_model_is_told_by_name(root: Path, tmp_path: Path) -> None:
    run(root)
    (tmp_path / "dbt" / "models" / "marts" / "sync" / "totals.sql").write_text(
        "select no_such from {{ ref('codes') }}"
    )
    with pytest.raises(RunFailed, match="totals") as failed:
        run(root)
    assert "no_such" in failed.value.what
    assert published(root, CODES) == [("a", Decimal("1.00")), ("b", Decimal("2.00"))]


def test_a_project_that_cannot_be_read_is_told_too(root: Path, tmp_path: Path) -> None:
    (tmp_path / "dbt" / "models" / "marts" / "sync" / "totals.sql").write_text(
        "select * from {{ ref('nowhere') }}"
    )
    with pytest.raises(RunFailed, match="nowhere"):
        run(root)
    assert stored(root, "select status from quality.runs") == [("failed",)]


def test_a_crash_while_publishing_is_made_good_by_the_next_run(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root)
    write_codes(root, [("c", "3.00")])

    def crash(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    for step in ("_write", "_check", "_sync"):
        with monkeypatch.context() as patched:
            patched.setattr(publication, step, crash)
            with pytest.raises(KeyboardInterrupt):
                run(root)
        assert published(root, CODES) == [("a", Decimal("1.00")), ("b", Decimal("2.00"))]
        assert stored(root, "select status, message from quality.runs order by started_at desc limit 1") == [
            ("failed", "interrupted (run). The last publication stands.")
        ]

    # the inputs have not changed since, and the run is not taken for one without news
    assert run(root).status == "published"
    assert published(root, CODES) == [("c", Decimal("3.00"))]


def test_a_source_that_fails_is_told_and_hides_nothing(root: Path) -> None:
    run(root)
    (root / "exports" / "protheus" / "SX5.csv").unlink()
    progress = Notes()
    outcome = run(root, progress=progress)

    assert outcome.status == "published"
    assert any("SX5" in note for note in progress.notes)
    assert published(root, CODES) == [("a", Decimal("1.00")), ("b", Decimal("2.00"))]
    assert published(
        root,
        "select status, failures from quality.check_results where check_name = 'extraction'"
        " order by checked_at",
    ) == [("passed", 0), ("warned", 1)]
    # the same failure again is no news
    assert run(root).status == "unchanged"


def test_a_selection_builds_and_publishes_a_part(root: Path) -> None:
    run(root)
    write_codes(root, [("c", "3.00")])
    outcome = run(root, select="codes")

    assert outcome.status == "published"
    # nobody refreshed the view below, which reads through, and nobody rebuilt the total
    assert published(root, CODES) == [("c", Decimal("3.00"))]
    assert published(root, "select amount from marts.totals") == [(Decimal("3.00"),)]
    assert run(root).status == "published", "a partial publication is never taken for a whole one"


def test_a_selection_of_nothing_is_refused(root: Path) -> None:
    with pytest.raises(NothingSelected, match="no_such_model"):
        run(root, select="no_such_model")
    with pytest.raises(NothingSelected, match="not a valid method name"):
        run(root, select="no_such_method:codes")


def test_refused_rows_are_taken_again(root: Path) -> None:
    write_codes(root, [("a", "1.00"), ("b", "not a number")])
    run(root)
    assert published(root, CODES) == [("a", Decimal("1.00"))]
    assert published(root, "select reason, resolved_at is null from quality.quarantine") == [
        ("not_a_number", True)
    ]

    replayed = replay_workspace(read_workspace(root, environ={}), source="protheus")
    assert replayed.status == "unchanged"
    assert replayed.replayed is not None
    assert (replayed.replayed.tried, replayed.replayed.taken) == (1, 0)
    assert replayed.replayed.refused == {("protheus", "SX5", "not_a_number"): 1}
    assert stored(root, "select command from quality.runs order by started_at") == [("run",), ("replay",)]


def test_a_second_run_waits(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs at once: the second tells that it waits and then finds nothing new."""
    import threading

    entered, waiting, results = threading.Event(), threading.Event(), []
    steps: Callable[..., Any] = session.RunSession.extract

    def slow(self: session.RunSession, system: str) -> Any:
        entered.set()
        assert waiting.wait(60)
        return steps(self, system)

    class Waiter(Notes):
        def note(self, message: str) -> None:
            super().note(message)
            waiting.set()

    monkeypatch.setattr(session.RunSession, "extract", slow)
    progress = Waiter()
    first = threading.Thread(target=lambda: results.append(run(root)))
    first.start()
    assert entered.wait(60)
    second = run(root, progress=progress)
    first.join()
    assert [results[0].status, second.status] == ["published", "unchanged"]
    assert "another run is writing in this workspace" in progress.notes[0]
