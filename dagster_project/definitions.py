"""Wires the project for Dagster: `dagster dev -m dagster_project.definitions`.

Nothing but wiring belongs here. Importing does nothing; the definitions are made when a Dagster tool asks for
them, and need no workspace: a run without one fails with a sentence that says so.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.dbt_build import DbtPaths, DbtProject
from dagster_project.environment import switch_telemetry_off
from dagster_project.jobs import build_jobs, build_schedules, new_files_in_inbox
from dagster_project.landing_checks import build_landing_checks
from dagster_project.model_assets import build_model_assets
from dagster_project.published_asset import build_published_asset
from dagster_project.raw_assets import build_raw_assets, build_settings_specs
from dagster_project.session_resource import session_resource
from ingestion.contracts import Contracts, dbt_project_dir, read_contracts
from ingestion.expectations.landing_suites import read_suites


@dg.definitions
def defs() -> dg.Definitions:
    """The whole project, from the dbt project that is installed."""
    switch_telemetry_off()
    project_dir = dbt_project_dir()
    return build_definitions(
        contracts=read_contracts(project_dir / "models"), manifest=parse_manifest(project_dir)
    )


def build_definitions(*, contracts: Contracts, manifest: Mapping[str, Any]) -> dg.Definitions:
    """A pure function of the extraction contracts and dbt's manifest."""
    models = build_model_assets(manifest)
    return dg.Definitions(
        assets=[
            *build_raw_assets(contracts),
            *build_settings_specs(contracts, manifest),
            models,
            build_published_asset(models),
        ],
        asset_checks=[build_landing_checks(read_suites(contracts))],
        jobs=build_jobs(models),
        schedules=build_schedules(),
        sensors=[new_files_in_inbox],
        resources={"run": session_resource},
        executor=dg.in_process_executor,
    )


def parse_manifest(project_dir: Path) -> Mapping[str, Any]:
    """dbt's manifest, read without touching the project or any workspace."""
    with tempfile.TemporaryDirectory(prefix="confere-") as scratch:
        paths = DbtPaths(
            project_dir=project_dir,
            warehouse=Path(scratch) / "warehouse.duckdb",
            target_dir=Path(scratch) / "target",
            log_dir=Path(scratch) / "logs",
        )
        return DbtProject(paths).parse()
