"""One run over one workspace: its steps, each callable by itself.

Holds what the steps share (the lock, the store, the clock, what was found so far) and sees to it that the
store is closed while dbt or a check has the file, that checks reach the quality schema, and that the run ends
as succeeded or failed. No Dagster here: the assets call these steps, and so may a test. No parsing and no
business rule either.
"""

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb

from dagster_project.dbt_build import BuildOutcome, DbtError, DbtPaths, DbtProject, NodeOutcome
from dagster_project.errors import RunFailed
from dagster_project.lock import run_lock
from dagster_project.manifest import published_models
from dagster_project.progress import Progress
from dagster_project.publication import (
    Publication,
    PublicationError,
    discard_leftovers,
    publish,
    read_origin,
)
from dagster_project.replayed import Replayed
from dagster_project.run_checks import check_run
from dagster_project.software import software_version
from ingestion.context import LoadContext
from ingestion.contracts import Contracts, dbt_project_dir, read_contracts
from ingestion.errors import ConfereError, ConfigurationError
from ingestion.load import SourceResult, load_source, replay
from ingestion.load_verdicts import judge_sources, require_checks
from ingestion.state import read_waivers
from ingestion.store import Check, CheckResult, Run, Store, StreamResult
from ingestion.workspace import Workspace

COMPLETENESS_MODEL: Final = "completeness_verdicts"
"""The model that counts what reached the entities and the marts; its counts go beside those of the store."""

Clock = Callable[[], datetime]
CheckOutcome = tuple[Check, CheckResult]

_CHECK_STATUS: Final = {
    "pass": "passed",
    "warn": "warned",
    "fail": "failed",
    "skipped": "skipped",
}


def wall_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def new_run_id() -> str:
    """A fresh id, unique over workspaces."""
    return str(uuid.uuid4())


@contextmanager
def open_session(
    workspace: Workspace,
    *,
    progress: Progress,
    command: str = "run",
    full: bool = False,
    sweep: bool = True,
    as_of: datetime | None = None,
    clock: Clock = wall_clock,
    run_id: str | None = None,
) -> Iterator["RunSession"]:
    """Waits until the workspace is free, starts a run, and ends it however the block is left.

    `as_of` is the run's clock; without it the workspace's, else now. Raises StoreBusy when something other
    than a run has the warehouse open, ClockWentBack when the clock lies before the last run's and the run is
    not `full`, ConfigurationError when a check is switched on that cannot be made here.
    """
    require_checks(workspace)
    project_dir = dbt_project_dir()
    contracts = read_contracts(project_dir / "models")
    with run_lock(workspace.lock_path, started_at=clock(), on_wait=progress.note):
        discard_leftovers(workspace.published_path)
        opener = partial(
            Store.open,
            workspace.warehouse_path,
            contracts=contracts,
            software_version=software_version(project_dir),
        )
        with opener() as store:
            run = store.start_run(
                run_id=run_id or new_run_id(),
                command=command,
                as_of=as_of or workspace.as_of or clock(),
                started_at=clock(),
                full=full,
            )
            store.replace_settings(workspace, run=run, waivers=read_waivers(workspace.state_path))
        session = RunSession(
            workspace,
            run=run,
            contracts=contracts,
            open_store=opener,
            project_dir=project_dir,
            full=full,
            sweep=sweep,
            progress=progress,
            clock=clock,
        )
        try:
            yield session
        except BaseException as error:
            session.note_failure(error)
            raise
        finally:
            session.close()


class RunSession:
    """The steps of a run that `open_session` started."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        run: Run,
        contracts: Contracts,
        open_store: Callable[[], Store],
        project_dir: Path,
        full: bool,
        sweep: bool,
        progress: Progress,
        clock: Clock,
    ) -> None:
        self.workspace = workspace
        self.run = run
        # nobody pays for the tables of an ERP that the workspace does not have
        in_use = {source.system for source in workspace.sources}
        unused = sorted({table.system for table in contracts.tables} - in_use)
        self.contracts = contracts.without(unused)
        self.full = full
        self.progress = progress
        self.sources: dict[str, SourceResult] = {}
        self.replayed: Replayed | None = None
        self.publication: Publication | None = None
        self.failure: ConfereError | None = None
        self.seconds: dict[str, float] = {}
        self._sweep = sweep
        self._clock = clock
        self._opener = open_store
        self._state_dir = workspace.state_path.parent
        self._store: Store | None = None
        self._unrecorded: list[CheckOutcome] = []
        self._manifest: Mapping[str, Any] | None = None
        self._is_finished = False
        self._dbt = DbtProject(
            DbtPaths(
                project_dir=project_dir,
                warehouse=workspace.warehouse_path,
                target_dir=self._state_dir / "dbt",
                log_dir=self._state_dir / "dbt" / "logs",
            ),
            unused_systems=unused,
        )

    # steps --------------------------------------------------------------------------------------------------

    def extract(self, system: str) -> tuple[SourceResult, ...]:
        """Brings every source of a system up to date; what cannot be taken never hides the others."""
        with self._stage("extract"):
            results = tuple(
                load_source(
                    source,
                    store=self._open_store(),
                    contracts=self.contracts,
                    run=self.run,
                    archive_dir=self.workspace.archive_dir,
                    clock=self._clock,
                    full=self.full,
                    sweep=self._sweep,
                    progress=self._report,
                )
                for source in self.workspace.sources
                if source.system == system
            )
            results = self._judge(results)
        self.sources.update({result.source: result for result in results})
        return results

    def replay(self, *, source: str | None = None, reason: str | None = None) -> tuple[SourceResult, ...]:
        """Takes quarantined input again, of one source or refused for one reason where given."""
        with self._stage("extract"):
            store = self._open_store()
            before = store.open_quarantine(source=source, reason=reason)
            results = replay(
                self.workspace,
                store=store,
                contracts=self.contracts,
                run=self.run,
                clock=self._clock,
                source=source,
                reason=reason,
                progress=self._report,
            )
            # for another reason than before, perhaps
            self.replayed = Replayed.between(before, store.open_quarantine(source=source))
            results = self._judge(results)
        self.sources.update({result.source: result for result in results})
        return results

    def check_landing(self) -> tuple[CheckOutcome, ...]:
        """Validates what this run brought; a critical failure becomes the run's, and is not raised here."""
        if not any(result.changed for result in self.sources.values()):
            return ()
        with self._stage("check"):
            self._close_store()
            from ingestion.expectations.landing import check_landing
            from ingestion.expectations.landing_suites import read_suites

            outcomes = check_landing(
                self.workspace.warehouse_path,
                suites=read_suites(self.contracts),
                run=self.run,
                clock=self._clock,
            )
        self._unrecorded += outcomes
        broken = [check for check, result in outcomes if result.status == "failed"]
        if broken:
            self.failure = RunFailed(
                f"what landed is wrong: {' '.join(check.description for check in broken[:3])}",
                where=", ".join(sorted({check.subject for check in broken})),
                what_to_do="This is a fault of the extraction, not of the data; the last publication stands.",
            )
        return outcomes

    def is_unchanged(self) -> bool:
        """Whether the publication already says all there is to say.

        That is so when it was made from the same stored content, settings and software, the same streams
        could not be taken, and the clock has not reached the next instant at which time alone changes them.
        """
        failed = {
            (stream.source, stream.stream) for result in self.sources.values() for stream in result.errors
        }
        origin = read_origin(self.workspace.published_path)
        return (
            not self.full
            and origin is not None
            and origin.failed_streams == failed
            and origin.holds_at(self.run.as_of)
            and origin.fingerprint == self._open_store().fingerprint()
        )

    @property
    def excluded_models(self) -> Sequence[str]:
        """What a run does not build, in dbt's selection syntax."""
        return self._dbt.excluded

    def manifest(self) -> Mapping[str, Any]:
        """dbt's manifest of the project, read once."""
        if self._manifest is None:
            with self._stage("transform"):
                self._close_store()
                self._manifest = self._dbt.parse()
        return self._manifest

    def transform(self, *, select: Sequence[str] = ()) -> BuildOutcome:
        """Builds and tests the models, all of them or a selection in dbt's syntax.

        A model that broke, or a test of severity error that found rows, becomes the run's failure; nothing is
        raised for it, so that the caller can still tell what did work.
        """
        self.manifest()
        with self._stage("transform"):
            self._close_store()
            outcome = self._dbt.build(
                select=select,
                full_refresh=self.full,
                on_node=lambda name, done, total: self.progress.step(name, done=done, total=total),
            )
            self._unrecorded += [self._test_outcome(node, outcome) for node in outcome.nodes if node.is_test]
            if any(node.name == COMPLETENESS_MODEL and node.status == "success" for node in outcome.nodes):
                self._open_store().keep_measured(self.run)
        if outcome.broken:
            self.failure = _transformation_failed(outcome, log=self._state_dir / "dbt" / "logs" / "dbt.log")
        return outcome

    def check_run(self) -> tuple[CheckOutcome, ...]:
        """Whether every source delivered, recently, and every row is accounted for."""
        with self._stage("check"):
            self._close_store()
            outcomes = check_run(self.workspace.warehouse_path, run_id=self.run.run_id, clock=self._clock)
        self._unrecorded += outcomes
        return outcomes

    def publish(self, *, built: Collection[str] | None = None) -> Publication:
        """Ends the run and publishes it; `built` are the unique ids of a partial build.

        The run is closed first, so that the publication shows it as succeeded; when publishing fails it is
        closed again as failed. A publication of a partial build carries no fingerprint: the next run builds
        the rest.
        """
        models = published_models(self.manifest())
        required = models.values() if built is None else [models[node] for node in built if node in models]
        with self._stage("publish"):
            if built is None:
                store = self._open_store()
                self._finish(
                    "succeeded", fingerprint=store.fingerprint(), next_change_at=store.next_change_at()
                )
            else:
                self._finish("succeeded")
            self._close_store()
            try:
                self.publication = publish(
                    self.workspace.warehouse_path,
                    target=self.workspace.published_path,
                    models=list(models.values()),
                    required=list(required),
                )
            except BaseException:
                self._is_finished = False
                raise
        return self.publication

    def raise_failure(self) -> None:
        """Raises what made the run fail, if anything did."""
        if self.failure is not None:
            raise self.failure

    # ending -------------------------------------------------------------------------------------------------

    def note_failure(self, error: BaseException) -> None:
        """Keeps what ended the run, for quality.runs; a step that failed has said so already."""
        if self.failure is None:
            if isinstance(error, ConfereError):
                self.failure = error
            else:
                what = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else "interrupted"
                self.failure = RunFailed(what, where="run", what_to_do="The last publication stands.")

    def close(self) -> None:
        """Ends the run where no step did: failed when anything failed, else succeeded."""
        try:
            if not self._is_finished:
                self._finish("failed" if self.failure else "succeeded")
        finally:
            self._close_store()

    def _finish(
        self, status: str, *, fingerprint: str | None = None, next_change_at: datetime | None = None
    ) -> None:
        store = self._open_store()
        self._record_checks(store)
        store.finish_run(
            self.run,
            status=status,
            finished_at=self._clock(),
            message=str(self.failure) if self.failure else None,
            fingerprint=fingerprint,
            next_change_at=next_change_at,
        )
        self._is_finished = True

    def _record_checks(self, store: Store) -> None:
        store.record_checks(
            self.run,
            [check for check, _ in self._unrecorded],
            [result for _, result in self._unrecorded],
        )
        self._unrecorded.clear()

    # inside -------------------------------------------------------------------------------------------------

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        """Times a step, and turns what can go wrong into one error that says what, where, and what to do."""
        self.progress.stage(name)
        started = time.perf_counter()
        try:
            yield
        except (RunFailed, ConfigurationError) as error:
            self.failure = error
            raise
        except (ConfereError, DbtError, PublicationError, duckdb.Error, OSError) as error:
            self.failure = RunFailed(
                str(error),
                where=name,
                what_to_do="Once that is put right, run again; the last publication stands.",
            )
            raise self.failure from error
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def _judge(self, results: Sequence[SourceResult]) -> tuple[SourceResult, ...]:
        """The optional checks of what these sources have in the store."""
        context = LoadContext(self._open_store(), self.run, self._clock, self._report)
        return judge_sources(results, self.workspace, contracts=self.contracts, context=context)

    def _open_store(self) -> Store:
        if self._store is None:
            self._store = self._opener()
        return self._store

    def _close_store(self) -> None:
        """DuckDB lets nobody else open the file meanwhile, not even this process under other settings."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _report(
        self,
        source: str,
        stream: str,
        *,
        done: int,
        total: int | None = None,
        documents: int | None = None,
        result: StreamResult | None = None,
    ) -> None:
        self.progress.step(f"{source} {stream}", done=done, total=total, documents=documents)
        if result is not None and result.status == "error":
            self.progress.note(f"{source} {stream}: {result.message}")

    def _test_outcome(self, node: NodeOutcome, outcome: BuildOutcome) -> CheckOutcome:
        check = Check(node.name, "dbt", node.subject, node.severity, node.description)
        failing = [(row.key, row.detail) for row in outcome.failing_rows.get(node.unique_id, ())]
        status = _CHECK_STATUS.get(node.status, "error")
        return check, CheckResult(
            node.name, status, node.failures, self._clock(), message=node.message or None, failing=failing
        )


def _transformation_failed(outcome: BuildOutcome, *, log: Path) -> RunFailed:
    broken = outcome.broken
    first = "; ".join(_what_broke(node, outcome) for node in broken[:3])
    more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
    return RunFailed(
        f"the transformation broke: {first}{more}",
        where=", ".join(dict.fromkeys(node.path for node in broken[:3])),
        what_to_do=f"The last publication stands. The log is {log}; schema quality_failures of the warehouse"
        " holds the rows that a test refused.",
    )


def _what_broke(node: NodeOutcome, outcome: BuildOutcome) -> str:
    """A model with dbt's message, a test with its first failing rows: what is null in them says nothing."""
    if node.status != "fail":
        return f"{node.name}: {node.message}"
    rows = outcome.failing_rows.get(node.unique_id, ())[:3]
    told = [
        ", ".join(f"{name} {value}" for name, value in row.detail.items() if value is not None)
        for row in rows
    ]
    return f"{node.name} found {node.failures} rows" + (f" ({'; '.join(told)})" if told else "")
