"""The dbt models as assets and their tests as asset checks, from the manifest, built by dbt in this process.

dagster-dbt reads the manifest (keys, lineage, checks); the build itself does not go through its command-line
resource, which would start a second Python and import dbt again.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from dagster_project.dbt_build import BuildOutcome, NodeOutcome
from dagster_project.raw_assets import POOL, Events
from dagster_project.session_resource import SessionOfRun

UNIQUE_ID: Final = "dagster_dbt/unique_id"
"""Where dagster-dbt keeps dbt's name of a node in an asset's metadata."""

_SEVERITY: Final = {"warn": dg.AssetCheckSeverity.WARN, "error": dg.AssetCheckSeverity.ERROR}


class LayerTranslator(DagsterDbtTranslator):
    """dagster-dbt's own keys; the group of a model is its layer and subject, as in the folders."""

    def __init__(self) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_code_references=False))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """`marts_sync` for models/marts/sync/…; dbt's fqn is package, folders, name."""
        return "_".join(dbt_resource_props["fqn"][1:-1]) or str(dbt_resource_props["resource_type"])


def build_model_assets(
    manifest: Mapping[str, Any], *, excluded: Sequence[str] = ("resource_type:unit_test",)
) -> dg.AssetsDefinition:
    """One subsettable multi-asset over everything that `dbt build` builds; `excluded` in dbt's syntax."""
    translator = LayerTranslator()

    @dbt_assets(
        manifest=manifest,
        name="build_models",
        dagster_dbt_translator=translator,
        exclude=" ".join(excluded),
        pool=POOL,
    )
    def build_models(context: dg.AssetExecutionContext, run: dg.ResourceParam[SessionOfRun]) -> Events:
        if run.session.is_unchanged():
            context.log.info("the publication already says what these models would say")
            return
        outcome = run.session.transform(select=_selection(context, fqn_of) if context.is_subset else ())
        for node in outcome.nodes:
            if node.unique_id in key_of and node.status == "success":
                yield dg.MaterializeResult(
                    asset_key=key_of[node.unique_id], metadata=_metadata(node, outcome)
                )
            elif node.is_test and node.status != "skipped":
                check = get_asset_check_key_for_test(manifest, translator, node.unique_id, None)
                if check is not None and check in context.selected_asset_check_keys:
                    yield _check_result(check, node)
        run.session.raise_failure()

    key_of = {spec.metadata[UNIQUE_ID]: spec.key for spec in build_models.specs}
    fqn_of = {key: ".".join(manifest["nodes"][unique_id]["fqn"]) for unique_id, key in key_of.items()}
    return build_models


def _selection(context: dg.AssetExecutionContext, fqn_of: Mapping[dg.AssetKey, str]) -> list[str]:
    return sorted(fqn_of[key] for key in context.selected_asset_keys)


def _metadata(node: NodeOutcome, outcome: BuildOutcome) -> dict[str, int | float]:
    metadata: dict[str, int | float] = {"seconds": round(node.seconds, 3)}
    if node.unique_id in outcome.row_counts:
        metadata["dagster/row_count"] = outcome.row_counts[node.unique_id]
    return metadata


def _check_result(check: dg.AssetCheckKey, node: NodeOutcome) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=node.status == "pass",
        severity=_SEVERITY["warn" if node.status == "warn" else node.severity],
        metadata={"failures": node.failures, "message": node.message},
    )
