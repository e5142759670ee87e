"""One run at a time: the second waits and says for whom."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.lock import run_lock

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class GaveUp(Exception):  # noqa: N818 - no error, a way out
    """Raised instead of sleeping, to end a wait that would last for ever."""


def give_up(_seconds: float) -> None:
    raise GaveUp


def test_a_second_run_says_whom_it_waits_for(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        run_lock(tmp_path / "run.lock", started_at=AT, on_wait=said.append),
        pytest.raises(GaveUp),
        run_lock(tmp_path / "run.lock", started_at=AT, on_wait=said.append, sleep=give_up),
    ):
        pass
    assert len(said) == 1
    assert "another run is writing" in said[0]
    assert "2026-11-23T12:00:00+00:00" in said[0]


def test_it_waits_until_the_other_has_ended(tmp_path: Path) -> None:
    path, said, slept = tmp_path / "state" / "run.lock", [], []
    first = run_lock(path, started_at=AT, on_wait=said.append)
    first.__enter__()

    def end_the_first(seconds: float) -> None:
        slept.append(seconds)
        first.__exit__(None, None, None)

    with run_lock(path, started_at=AT, on_wait=said.append, sleep=end_the_first):
        pass
    assert len(said) == len(slept) == 1


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib, datetime; from dagster_project.lock import run_lock\n"
        "now = datetime.datetime.now(datetime.UTC)\n"
        "lock = run_lock(pathlib.Path(sys.argv[1]), started_at=now, on_wait=print)\n"
        "lock.__enter__(); os._exit(9)"
    )
    path = tmp_path / "run.lock"
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 9
    assert '"pid"' in path.read_text(encoding="utf-8")
    with run_lock(path, started_at=AT, on_wait=pytest.fail):
        pass
