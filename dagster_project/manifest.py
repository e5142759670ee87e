"""What the pipeline needs to know of dbt's manifest besides what dagster-dbt reads there itself."""

from collections.abc import Mapping
from typing import Any, Final

from dagster_project.publication import MODEL_SCHEMAS, TableName

_STORED_MATERIALIZATIONS: Final = frozenset({"table", "incremental", "seed"})


def published_models(manifest: Mapping[str, Any]) -> dict[str, TableName]:
    """The tables of the published schemas that the project builds, by unique id."""
    return {
        unique_id: TableName(node["schema"], node["alias"])
        for unique_id, node in manifest["nodes"].items()
        if node["schema"] in MODEL_SCHEMAS
        and node["config"].get("materialized") in _STORED_MATERIALIZATIONS
        and node["resource_type"] in {"model", "seed"}
    }
