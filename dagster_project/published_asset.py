"""The publication as an asset, downstream of every mart, with the checks of the run itself."""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from dagster_project.model_assets import UNIQUE_ID
from dagster_project.publication import MODEL_SCHEMAS
from dagster_project.raw_assets import POOL, Events
from dagster_project.run_checks import MAX_AGE, RUN_CHECKS
from dagster_project.session_resource import SessionOfRun

PUBLISHED_KEY: Final = dg.AssetKey(["published", "marts"])


def build_published_asset(models: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The file that readers open; it depends on every model of the published schemas."""
    published = [spec for spec in models.specs if spec.key.path[0] in MODEL_SCHEMAS]

    @dg.multi_asset(
        name="publish",
        specs=[
            dg.AssetSpec(
                PUBLISHED_KEY,
                deps=[spec.key for spec in published],
                description="published/marts.duckdb: marts, catalogues, quality tables; replaced atomically.",
                group_name="published",
                freshness_policy=dg.FreshnessPolicy.time_window(fail_window=MAX_AGE),
                kinds={"duckdb"},
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(check.check_name, asset=PUBLISHED_KEY, description=check.description)
            for check in RUN_CHECKS
        ],
        pool=POOL,
    )
    def publish(context: dg.AssetExecutionContext, run: dg.ResourceParam[SessionOfRun]) -> Events:
        outcomes = run.session.check_run()
        publication = run.session.publish(built=_built(context, published))
        yield dg.MaterializeResult(
            asset_key=PUBLISHED_KEY,
            metadata={
                "path": dg.MetadataValue.path(str(publication.path)),
                "bytes": publication.size,
                "rows": sum(publication.rows.values()),
                "tables": len(publication.rows),
            },
        )
        for check, result in outcomes:
            yield dg.AssetCheckResult(
                asset_key=PUBLISHED_KEY,
                check_name=check.check_name,
                passed=result.status == "passed",
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"failures": result.failures, "message": result.message or ""},
            )

    return publish


def _built(context: dg.AssetExecutionContext, published: Sequence[dg.AssetSpec]) -> list[str] | None:
    """The unique ids of what a partial run builds, None when it builds everything."""
    selected = context.job_def.asset_layer.executable_asset_keys
    built = [spec for spec in published if spec.key in selected]
    return None if len(built) == len(published) else [str(spec.metadata[UNIQUE_ID]) for spec in built]
