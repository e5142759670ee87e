"""The main job in this process: what `confere run` and `confere replay` call.

The steps are Dagster assets, executed in two parts: extraction first, and only when it brought anything new
the models and the publication, because reading dbt's project is most of what a run without news would cost.
The Dagster instance is an ephemeral one: its events cost 2 s where those of an instance on disk cost 12 s
(180 assets, 360 checks), and what a run did is in the quality schema anyhow.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dagster_project.environment import switch_telemetry_off
from dagster_project.errors import NothingSelected
from dagster_project.progress import LoggedProgress, Progress
from dagster_project.replayed import Replayed
from dagster_project.session import RunSession, open_session
from ingestion.expectations.landing_suites import read_suites
from ingestion.load import SourceResult
from ingestion.workspace import Workspace

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run that did not fail did; `seconds` is the wall clock by stage, `replayed` is of a replay."""

    run_id: str
    as_of: datetime
    status: Literal["published", "unchanged"]
    published_path: Path
    sources: tuple[SourceResult, ...]
    seconds: Mapping[str, float]
    replayed: Replayed | None = None


def run_workspace(
    workspace: Workspace,
    *,
    progress: Progress | None = None,
    full: bool = False,
    select: str | None = None,
    as_of: datetime | None = None,
    sweep: bool = True,
) -> RunOutcome:
    """Extract, check, transform, publish; stops early when there is nothing new to publish.

    `select` (dbt's selection syntax) builds a part: only the tables that it rests on are extracted, only its
    models built. Raises RunFailed, or another ConfereError whose message says it all; the last publication is
    then untouched.
    """
    switch_telemetry_off()
    with open_session(
        workspace, progress=progress or LoggedProgress(), full=full, sweep=sweep, as_of=as_of
    ) as session:
        if select is None:
            _run_everything(session)
        else:
            _run_selection(session, select)
        return _outcome(session)


def replay_workspace(
    workspace: Workspace,
    *,
    progress: Progress | None = None,
    source: str | None = None,
    reason: str | None = None,
) -> RunOutcome:
    """Takes quarantined input again and, when any of it is good now, builds and publishes."""
    switch_telemetry_off()
    with open_session(workspace, progress=progress or LoggedProgress(), command="replay") as session:
        session.replay(source=source, reason=reason)
        session.check_landing()
        session.raise_failure()
        if not session.is_unchanged():
            _build_and_publish(session)
        return _outcome(session)


def _run_everything(session: RunSession) -> None:
    from dagster_project.landing_checks import build_landing_checks
    from dagster_project.raw_assets import build_raw_assets

    landing = build_landing_checks(read_suites(session.contracts))
    _execute([*build_raw_assets(session.contracts), landing], session)
    if not session.is_unchanged():
        _build_and_publish(session)


def _build_and_publish(session: RunSession) -> None:
    from dagster_project.model_assets import build_model_assets
    from dagster_project.published_asset import build_published_asset

    models = build_model_assets(session.manifest(), excluded=session.excluded_models)
    _execute([models, build_published_asset(models)], session)


def _run_selection(session: RunSession, select: str) -> None:
    from dagster import AssetSelection
    from dagster_dbt import build_dbt_asset_selection
    from dbt_common.exceptions import DbtBaseException

    from dagster_project.landing_checks import build_landing_checks
    from dagster_project.model_assets import build_model_assets
    from dagster_project.published_asset import PUBLISHED_KEY, build_published_asset
    from dagster_project.raw_assets import build_raw_assets

    models = build_model_assets(session.manifest(), excluded=session.excluded_models)
    raw = build_raw_assets(session.contracts)
    try:
        selected = build_dbt_asset_selection([models], dbt_select=select)
        is_empty = not selected.resolve([*raw, models])
    except DbtBaseException as error:
        raise NothingSelected(f"{select} is not a selection that dbt understands: {error}") from error
    if is_empty:
        raise NothingSelected(f"no model or seed of the project is called {select}")
    # apart, because a model between the two that is not selected would leave their order open
    sources = (selected.upstream() & AssetSelection.assets(*raw)).resolve([*raw, models])
    if sources:
        landing = build_landing_checks(read_suites(session.contracts))
        _execute([*raw, landing], session, selection=AssetSelection.assets(*sources))
    published = build_published_asset(models)
    _execute([models, published], session, selection=selected | AssetSelection.assets(PUBLISHED_KEY))


def _execute(assets: Sequence["dg.AssetsDefinition"], session: RunSession, *, selection: Any = None) -> None:
    """Materializes the assets one by one in this process; raises what a step noted as the failure."""
    import dagster as dg

    from dagster_project.session_resource import SessionOfRun

    with dg.DagsterInstance.ephemeral() as instance, _handled("dagster"):
        try:
            dg.materialize(
                assets,
                instance=instance,
                resources={"run": SessionOfRun(lambda: session)},
                selection=selection,
                # a failure is told once, by whoever called
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        except dg.DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        except Exception:
            session.raise_failure()
            raise
    session.raise_failure()


@contextmanager
def _handled(logger_name: str) -> Iterator[None]:
    """Keeps Python from printing a package's warnings where the application has set up no log of its own."""
    logger, handler = logging.getLogger(logger_name), logging.NullHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _outcome(session: RunSession) -> RunOutcome:
    return RunOutcome(
        run_id=session.run.run_id,
        as_of=session.run.as_of,
        status="published" if session.publication else "unchanged",
        published_path=session.workspace.published_path,
        sources=tuple(session.sources.values()),
        seconds=dict(session.seconds),
        replayed=session.replayed,
    )
