"""Checks on the run itself: did every source deliver, lately enough, and is every row accounted for.

Counts over the quality schema only; what a row must look like is the landing suites' business, what a mart
must hold is dbt's.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

from ingestion.store import Check, CheckResult

MAX_AGE: Final = timedelta(hours=36)
"""The nightly run missed the source, and half a day has gone by since."""

EXTRACTION: Final = Check(
    "extraction",
    "dagster",
    "quality.extractions",
    "warn",
    "Every table and folder that was due could be taken; one that could not keeps its last content.",
)
FRESHNESS: Final = Check(
    "freshness",
    "dagster",
    "quality.extractions",
    "warn",
    "Every source was read without an error within the last 36 hours.",
)
COMPLETENESS: Final = Check(
    "completeness",
    "dagster",
    "quality.completeness",
    "warn",
    "What a source handed over is in the store, in quarantine, or known to be a duplicate: nothing is lost.",
)


RUN_CHECKS: Final = (EXTRACTION, FRESHNESS, COMPLETENESS)


def check_run(
    warehouse: Path, *, run_id: str, clock: Callable[[], datetime]
) -> tuple[tuple[Check, CheckResult], ...]:
    """Evaluates the checks for a run; the warehouse must be closed. Failing keys are `source|stream`."""
    now = clock()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return (
            (EXTRACTION, _result(EXTRACTION, _failed_streams(connection, run_id), at=now)),
            (FRESHNESS, _result(FRESHNESS, _stale_sources(connection, now), at=now)),
            (COMPLETENESS, _result(COMPLETENESS, _incomplete_streams(connection, run_id), at=now)),
        )


def _failed_streams(
    connection: duckdb.DuckDBPyConnection, run_id: str
) -> Iterator[tuple[str, dict[str, str]]]:
    rows = connection.execute(
        "select source, stream, message from quality.extractions"
        " where run_id = ? and status = 'error' order by all",
        [run_id],
    ).fetchall()
    for source, stream, message in rows:
        yield f"{source}|{stream}", {"message": message or ""}


def _stale_sources(
    connection: duckdb.DuckDBPyConnection, now: datetime
) -> Iterator[tuple[str, dict[str, str]]]:
    rows = connection.execute(
        "select source, max(finished_at) filter (status in ('ok', 'unchanged')) as read_at"
        # what is stored already tells nothing of its source
        " from quality.extractions where coalesce(mode, '') not in ('check', 'replay', 'reread')"
        " group by source order by source"
    ).fetchall()
    for source, read_at in rows:
        if read_at is None or now - read_at > MAX_AGE:
            yield f"{source}|", {"last_read_at": "" if read_at is None else read_at.isoformat()}


def _incomplete_streams(
    connection: duckdb.DuckDBPyConnection, run_id: str
) -> Iterator[tuple[str, dict[str, str]]]:
    rows = connection.execute(
        "select source, stream,"
        " coalesce(sum(row_count) filter (stage = 'source'), 0) as delivered,"
        " coalesce(sum(row_count) filter (stage in ('store', 'quarantine', 'duplicate')), 0) as kept"
        " from quality.completeness where run_id = ? group by all"
        " having bool_or(stage = 'source') and delivered <> kept order by all",
        [run_id],
    ).fetchall()
    for source, stream, delivered, kept in rows:
        yield f"{source}|{stream}", {"delivered": str(delivered), "kept": str(kept)}


def _result(check: Check, failing: Iterator[tuple[str, dict[str, str]]], *, at: datetime) -> CheckResult:
    rows = tuple(failing)
    return CheckResult(
        check.check_name,
        "warned" if rows else "passed",
        len(rows),
        at,
        message=", ".join(key for key, _ in rows[:10]) or None,
        failing=rows,
    )
