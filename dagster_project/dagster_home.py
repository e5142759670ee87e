"""Dagster's own folder in a workspace, for `dagster dev`: state/dagster with a dagster.yaml."""

from pathlib import Path
from typing import Final

_SETTINGS: Final = """\
# Written by confere. Dagster keeps its runs and events in this folder.
telemetry:
  enabled: false
nux:
  enabled: false
# the warehouse has one writer
concurrency:
  runs:
    max_concurrent_runs: 1
  pools:
    granularity: op
    default_limit: 1
"""


def prepare_dagster_home(workspace: Path) -> Path:
    """Makes the folder and its settings where they are not yet; what somebody changed there stays."""
    home = workspace / "state" / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists():
        settings.write_text(_SETTINGS, encoding="utf-8")
    return home
