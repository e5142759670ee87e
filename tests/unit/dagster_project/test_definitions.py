"""What Dagster is shown: assets with their lineage, checks, jobs, schedules, the sensor."""

import os
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.dagster_home import prepare_dagster_home
from dagster_project.definitions import build_definitions
from dagster_project.environment import WORKSPACE_VARIABLE
from dagster_project.jobs import inbox_state, new_files_in_inbox
from ingestion.contracts import read_contracts


@pytest.fixture(scope="module")
def definitions(manifest: dict[str, Any]) -> dg.Definitions:
    return build_definitions(contracts=read_contracts(), manifest=manifest)


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions) -> Any:
    return definitions.resolve_asset_graph()


def upstream(graph: Any, *path: str) -> set[str]:
    return {key.to_user_string() for key in graph.get(dg.AssetKey(list(path))).parent_keys}


def selected(definitions: dg.Definitions, job: str) -> set[str]:
    layer = definitions.resolve_job_def(job).asset_layer
    return {key.to_user_string() for key in layer.executable_asset_keys}


def test_lineage_runs_from_raw_to_the_publication(graph: Any) -> None:
    assert "raw_fiscal_xml/documents" in upstream(graph, "staging", "stg_fiscal_xml__documents")
    published = upstream(graph, "published", "marts")
    assert {"marts/sync_status", "marts/mismatches", "marts/documents", "reference/causes"} <= published
    assert {key.split("/")[0] for key in published} == {"marts", "quality", "reference"}


def test_no_source_of_dbt_is_left_without_an_asset(graph: Any, manifest: dict[str, Any]) -> None:
    keys = {f"{source['source_name']}/{source['name']}" for source in manifest["sources"].values()}
    assert "raw_settings/clock" in keys
    assert keys <= {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {graph.get(key).group_name for key in graph.get_all_asset_keys() if "raw_" in key.path[0]} == {
        "raw"
    }


def test_every_raw_table_is_an_asset_with_checks(graph: Any) -> None:
    contracts = read_contracts()
    expected = {f"raw_{table.system}/{table.name}" for table in contracts.tables} | {
        f"raw_{table.system}/{table.name}" for table in contracts.document_tables
    }
    keys = {key.to_user_string(): key for key in graph.get_all_asset_keys()}
    assert expected <= set(keys)
    for name in expected:
        checks = {check.name for check in graph.get_check_keys_for_assets({keys[name]})}
        assert "extraction" in checks


def test_dbt_tests_and_run_checks_are_asset_checks(graph: Any) -> None:
    status = graph.get_check_keys_for_assets({dg.AssetKey(["marts", "sync_status"])})
    assert any("not_null" in check.name for check in status)
    published = graph.get_check_keys_for_assets({dg.AssetKey(["published", "marts"])})
    assert {check.name for check in published} == {"extraction", "freshness", "completeness"}


def test_everything_is_everything_and_fiscal_is_a_part(definitions: dg.Definitions) -> None:
    everything = selected(definitions, "everything")
    fiscal = selected(definitions, "fiscal")
    assert fiscal <= everything
    assert {"raw_fiscal_xml/documents", "marts/sync_status", "marts/mismatches", "published/marts"} <= fiscal


def test_schedules_and_sensor(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    schedules = {schedule.name: schedule for schedule in repository.schedule_defs}
    assert schedules["fiscal_every_15_minutes"].cron_schedule == "*/15 * * * *"
    assert schedules["everything_nightly"].cron_schedule == "0 2 * * *"
    assert {schedule.execution_timezone for schedule in schedules.values()} == {"America/Sao_Paulo"}
    assert [sensor.name for sensor in repository.sensor_defs] == ["new_files_in_inbox"]
    fiscal = definitions.resolve_job_def("fiscal")
    assert fiscal.run_config == {"resources": {"run": {"config": {"sweep": False}}}}


def test_one_step_at_a_time_holds_the_warehouse(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("everything")
    assert job.executor_def.name == "in_process"
    assert {node.definition.pool for node in job.nodes} == {"duckdb"}


def test_without_a_workspace_a_run_says_so(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(WORKSPACE_VARIABLE, raising=False)
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("everything").execute_in_process(
            instance=instance, raise_on_error=False
        )
    assert not result.success
    failures = [event.step_failure_data for event in result.get_step_failure_events()]
    assert any("set CONFERE_WORKSPACE" in failure.error_display_string for failure in failures)


def test_the_sensor_starts_a_run_when_the_inbox_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path))
    folder = tmp_path / "inbox" / "xml" / "2026"
    folder.mkdir(parents=True)
    (folder / "a.xml").write_bytes(b"a")

    first = new_files_in_inbox(dg.build_sensor_context())
    assert isinstance(first, dg.SensorResult)
    assert len(first.run_requests or ()) == 1
    assert isinstance(new_files_in_inbox(dg.build_sensor_context(cursor=first.cursor)), dg.SkipReason)

    (folder / "b.xml").write_bytes(b"b")
    assert isinstance(new_files_in_inbox(dg.build_sensor_context(cursor=first.cursor)), dg.SensorResult)

    monkeypatch.delenv(WORKSPACE_VARIABLE)
    assert isinstance(new_files_in_inbox(dg.build_sensor_context()), dg.SkipReason)


def test_inbox_state_sees_new_changed_and_renamed_files(tmp_path: Path) -> None:
    assert inbox_state(tmp_path / "nowhere") == "0:0"
    (tmp_path / "a.xml").write_bytes(b"a")
    states = {inbox_state(tmp_path)}
    (tmp_path / "b.xml").write_bytes(b"b")
    states.add(inbox_state(tmp_path))
    os.utime(tmp_path / "a.xml", ns=(0, 2**62))
    states.add(inbox_state(tmp_path))
    assert len(states) == 3


def test_dagsters_home_is_quiet_and_keeps_changes(tmp_path: Path) -> None:
    home = prepare_dagster_home(tmp_path)
    text = (home / "dagster.yaml").read_text(encoding="utf-8")
    assert "telemetry:\n  enabled: false" in text
    (home / "dagster.yaml").write_text("# mine\n", encoding="utf-8")
    prepare_dagster_home(tmp_path)
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == "# mine\n"
