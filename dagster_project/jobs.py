"""Jobs, schedules and the sensor: what is run together, and when.

Jobs are selections over the assets, taken from their lineage, so that a new model or table joins them by
itself.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import dagster as dg
from dagster_dbt import build_dbt_asset_selection

from dagster_project.published_asset import PUBLISHED_KEY
from dagster_project.session_resource import workspace_root

TIMEZONE: Final = "America/Sao_Paulo"

FISCAL_MODELS: Final = "+marts.sync +marts.fiscal +marts.inbox"
"""Sync status with all it rests on and all that rests on it (the mismatches), in dbt's selection syntax."""

_WITHOUT_SWEEPS: Final[dict[str, Any]] = {"resources": {"run": {"config": {"sweep": False}}}}


def build_jobs(models: dg.AssetsDefinition) -> list[Any]:
    """`everything`, and `fiscal`: XML and the fiscal tables through sync status, read incrementally only."""
    fiscal = build_dbt_asset_selection([models], dbt_select=FISCAL_MODELS)
    return [
        dg.define_asset_job("everything", selection=dg.AssetSelection.all()),
        dg.define_asset_job(
            "fiscal",
            selection=fiscal.upstream() | dg.AssetSelection.assets(PUBLISHED_KEY),
            config=_WITHOUT_SWEEPS,
        ),
    ]


def build_schedules() -> list[dg.ScheduleDefinition]:
    """Fiscal documents every quarter of an hour, everything at night; both are switched on by hand."""
    return [
        dg.ScheduleDefinition(
            name="fiscal_every_15_minutes",
            job_name="fiscal",
            cron_schedule="*/15 * * * *",
            execution_timezone=TIMEZONE,
        ),
        dg.ScheduleDefinition(
            name="everything_nightly",
            job_name="everything",
            cron_schedule="0 2 * * *",
            execution_timezone=TIMEZONE,
        ),
    ]


@dg.sensor(job_name="fiscal", minimum_interval_seconds=60, name="new_files_in_inbox")
def new_files_in_inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Starts the fiscal job when the inbox holds another set of files than at the last look."""
    root = workspace_root()
    if root is None:
        return dg.SkipReason("no workspace is set")
    state = inbox_state(root / "inbox")
    if state == context.cursor:
        return dg.SkipReason("nothing new in the inbox")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=state)], cursor=state)


def inbox_state(inbox: Path) -> str:
    """How many files there are and when the latest was written or renamed; a look at each, no reading."""
    count, latest = 0, 0
    for entry in _files(inbox):
        status = entry.stat(follow_symlinks=False)
        count += 1
        latest = max(latest, status.st_mtime_ns, status.st_ctime_ns)
    return f"{count}:{latest}"


def _files(folder: Path | os.DirEntry[str]) -> Iterator[os.DirEntry[str]]:
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry)
            else:
                yield entry
