"""The raw tables as assets: one subsettable step for each system, its tables from the extraction contracts.

A new system or table appears here by itself. The step loads every source of its system, so that one writer
opens the file once; each table is still an asset of its own, with its own check.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import dagster as dg

from dagster_project.session_resource import SessionOfRun
from ingestion.contracts import Contracts
from ingestion.store import REREAD_STREAM, StreamResult

POOL: Final = "duckdb"
"""One step at a time touches the warehouse, also across runs that Dagster itself starts."""

Events = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]
"""What a step over several assets yields."""

EXTRACTION_CHECK: Final = "extraction"
_GROUP: Final = "raw"
_FILES: Final = "files"


def raw_key(system: str, table: str) -> dg.AssetKey:
    """The key that dagster-dbt gives the source table: schema and name."""
    return dg.AssetKey([f"raw_{system}", table])


def raw_tables(contracts: Contracts) -> dict[str, dict[dg.AssetKey, str]]:
    """For each system its asset keys, with the stream that feeds each: native table, files, or a check."""
    systems: dict[str, dict[dg.AssetKey, str]] = {}
    for table in contracts.tables:
        systems.setdefault(table.system, {})[raw_key(table.system, table.name)] = table.native
    for document_table in contracts.document_tables:
        key = raw_key(document_table.system, document_table.name)
        stream = _FILES if document_table.check is None else document_table.name
        systems.setdefault(document_table.system, {})[key] = stream
    return systems


def build_raw_assets(contracts: Contracts) -> list[dg.AssetsDefinition]:
    """One multi-asset for each system."""
    return [_system_assets(system, streams) for system, streams in sorted(raw_tables(contracts).items())]


def build_settings_specs(contracts: Contracts, manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """The sources of dbt that no system delivers (raw_settings): a run writes them when it starts."""
    extracted = {key for streams in raw_tables(contracts).values() for key in streams}
    keys = {
        dg.AssetKey([source["source_name"], source["name"]]): source["description"]
        for source in manifest["sources"].values()
    }
    return [
        dg.AssetSpec(key, group_name=_GROUP, description=description)
        for key, description in keys.items()
        if key not in extracted
    ]


def _system_assets(system: str, streams: Mapping[dg.AssetKey, str]) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"extract_{system}",
        specs=[dg.AssetSpec(key, group_name=_GROUP, kinds={"duckdb"}) for key in streams],
        check_specs=[
            dg.AssetCheckSpec(
                EXTRACTION_CHECK,
                asset=key,
                description="No source failed to deliver this table; one that did keeps its content.",
            )
            for key in streams
        ],
        can_subset=True,
        pool=POOL,
    )
    def extract(context: dg.AssetExecutionContext, run: dg.ResourceParam[SessionOfRun]) -> Events:
        results = run.session.extract(system)
        for key in sorted(context.selected_asset_keys):
            delivered = [
                stream
                for result in results
                for stream in result.streams
                if stream.stream.casefold() == streams[key].casefold()
                or (stream.stream == REREAD_STREAM and streams[key] == _FILES)
            ]
            yield dg.MaterializeResult(asset_key=key, metadata=_metadata(delivered))
            if any(check.asset_key == key for check in context.selected_asset_check_keys):
                yield _extraction_check(key, delivered)

    return extract


def _metadata(streams: Sequence[StreamResult]) -> dict[str, int | str]:
    return {
        "status": ", ".join(f"{stream.source}: {stream.status}" for stream in streams) or "no source",
        "rows_read": sum(stream.rows_read for stream in streams),
        "rows_new": sum(stream.rows_new for stream in streams),
        "rows_changed": sum(stream.rows_changed for stream in streams),
        "rows_deleted": sum(stream.rows_deleted for stream in streams),
        "rows_quarantined": sum(stream.rows_quarantined for stream in streams),
    }


def _extraction_check(key: dg.AssetKey, streams: Sequence[StreamResult]) -> dg.AssetCheckResult:
    errors = [stream for stream in streams if stream.status == "error"]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=EXTRACTION_CHECK,
        passed=not errors,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={stream.source: stream.message or "" for stream in errors},
    )
