"""dbt inside this process: parse the project, build a selection, hand back what happened to each node.

`dbtRunner` costs a fraction of the command line, whose every call imports dbt anew (0.3 s against 4 s for a
small build). Nothing here knows Dagster, the store or the workspace: paths come in, values go out. dbt is
imported at the first call, never with the module, so that a run in which nothing changed does not pay for it.
No business word may be put here.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

MAX_FAILING_ROWS: Final = 1000
"""Failing rows read back for each test; the count of failures is always whole."""


class DbtError(Exception):
    """dbt could not read its project or could not start: a broken project, not a failed node."""


@dataclass(frozen=True, slots=True)
class DbtPaths:
    """Where one dbt invocation reads and writes; all paths absolute.

    `warehouse` reaches the profile as the environment variable CONFERE_WAREHOUSE.
    """

    project_dir: Path
    warehouse: Path
    target_dir: Path
    log_dir: Path


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """What became of one node of the graph.

    `status` is dbt's own word: success, error, skipped, pass, fail, warn, no-op. `schema` and `table` are
    where a model or seed stands, and where a test keeps its failing rows. `failures` counts those rows.
    `subject` is the model, seed or source that a test is about.
    """

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    message: str
    path: str
    schema: str
    table: str
    severity: str
    description: str
    subject: str
    failures: int

    @property
    def is_test(self) -> bool:
        return self.resource_type == "test"

    @property
    def is_broken(self) -> bool:
        """A node that broke, or a test of severity error that found rows; `warn` only reports."""
        return self.status in {"error", "fail", "runtime error"}


@dataclass(frozen=True, slots=True)
class FailingRow:
    """A row that a test refuses: `key` is its first column as text, `detail` the whole row."""

    key: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """The nodes of one build in the order in which they ended, row counts, and the failing rows of tests."""

    nodes: tuple[NodeOutcome, ...]
    row_counts: Mapping[str, int]
    failing_rows: Mapping[str, tuple[FailingRow, ...]]

    @property
    def broken(self) -> tuple[NodeOutcome, ...]:
        return tuple(node for node in self.nodes if node.is_broken)


OnNode = Callable[[str, int, int], None]
"""Called as (node name, ordinal from 1, total) when a node starts."""


class DbtProject:
    """A dbt project at its paths; what was parsed is kept, so that the build does not read it again.

    `unused_systems` are systems of which nothing is stored: their staging is not built and feeds nothing.
    """

    def __init__(self, paths: DbtPaths, *, unused_systems: Sequence[str] = ()) -> None:
        self.paths = paths
        self._unused_systems = unused_systems
        self._graph: Any = None

    @property
    def excluded(self) -> tuple[str, ...]:
        """What no build makes, in dbt's selection syntax."""
        folders = (f"path:models/staging/{system}" for system in self._unused_systems)
        return ("resource_type:unit_test", *folders)

    def parse(self) -> Mapping[str, Any]:
        """The manifest as plain data. Raises DbtError."""
        result = self._invoke(["parse"])
        if not result.success:
            raise DbtError(f"dbt cannot read its project: {result.exception}")
        self._graph = result.result
        text = (self.paths.target_dir / "manifest.json").read_text(encoding="utf-8")
        manifest: Mapping[str, Any] = json.loads(text)
        return manifest

    def build(
        self, *, select: Sequence[str] = (), full_refresh: bool = False, on_node: OnNode | None = None
    ) -> BuildOutcome:
        """`dbt build` over the selection (dbt's syntax; empty = everything); closes the warehouse.

        Unit tests are left to the test suite. A partial build runs the tests whose parents it builds or finds
        built ("buildable"). Raises DbtError when dbt did not get as far as the nodes.
        """
        arguments = ["build", "--exclude", *self.excluded]
        if select:
            arguments += ["--indirect-selection", "buildable", "--select", *select]
        if full_refresh:
            arguments.append("--full-refresh")
        try:
            result = self._invoke(arguments, on_node=on_node)
        finally:
            _close_connections()
        if result.result is None:
            raise DbtError(f"dbt did not build: {result.exception}")
        nodes = tuple(_outcome(run_result) for run_result in result.result.results)
        return self._with_rows(nodes)

    def _with_rows(self, nodes: tuple[NodeOutcome, ...]) -> BuildOutcome:
        with duckdb.connect(str(self.paths.warehouse), read_only=True) as connection:
            sizes = {
                (schema, table): int(size)
                for schema, table, size in connection.execute(
                    "select schema_name, table_name, estimated_size from duckdb_tables()"
                ).fetchall()
            }
            return BuildOutcome(
                nodes=nodes,
                row_counts={
                    node.unique_id: sizes[node.schema, node.table]
                    for node in nodes
                    if node.status == "success" and (node.schema, node.table) in sizes
                },
                failing_rows={
                    node.unique_id: _failing_rows(connection, node)
                    for node in nodes
                    if node.is_test and node.failures and (node.schema, node.table) in sizes
                },
            )

    def _invoke(self, arguments: Sequence[str], *, on_node: OnNode | None = None) -> Any:
        from dbt.cli.main import dbtRunner

        runner = dbtRunner(manifest=self._graph, callbacks=[_listener(on_node)] if on_node else [])
        with _environment("CONFERE_WAREHOUSE", str(self.paths.warehouse)):
            result = runner.invoke(
                [
                    *arguments,
                    *("--vars", json.dumps({"unused_systems": list(self._unused_systems)})),
                    *("--project-dir", str(self.paths.project_dir)),
                    *("--profiles-dir", str(self.paths.project_dir)),
                    *("--target-path", str(self.paths.target_dir)),
                    *("--log-path", str(self.paths.log_dir)),
                    *("--log-level", "none", "--log-level-file", "info", "--no-use-colors"),
                ]
            )
        if result.exception is not None and not isinstance(result.exception, Exception):
            # dbt keeps an interruption as it keeps any error; it is not one to be reported
            raise result.exception
        return result


def _listener(on_node: OnNode) -> Callable[[Any], None]:
    def listen(event: Any) -> None:
        if event.info.name == "LogStartLine":
            on_node(event.data.node_info.node_name, event.data.index, event.data.total)

    return listen


def _outcome(run_result: Any) -> NodeOutcome:
    node = run_result.node
    return NodeOutcome(
        unique_id=node.unique_id,
        name=node.name,
        resource_type=str(node.resource_type),
        status=str(run_result.status),
        seconds=float(run_result.execution_time),
        message=str(run_result.message or ""),
        path=node.original_file_path,
        schema=node.schema,
        table=node.alias,
        severity=str(getattr(node.config, "severity", None) or "error").lower(),
        description=node.description,
        subject=_subject(node),
        failures=int(run_result.failures or 0),
    )


def _subject(node: Any) -> str:
    attached = getattr(node, "attached_node", None)
    parents = [attached] if attached else list(getattr(node.depends_on, "nodes", ()))
    return ".".join(parents[0].split(".")[2:]) if parents else ""


def _failing_rows(connection: duckdb.DuckDBPyConnection, node: NodeOutcome) -> tuple[FailingRow, ...]:
    cursor = connection.execute(f'from "{node.schema}"."{node.table}" limit {MAX_FAILING_ROWS}')
    columns = [column[0] for column in cursor.description or ()]
    return tuple(
        FailingRow(key="" if row[0] is None else str(row[0]), detail=dict(zip(columns, row, strict=True)))
        for row in cursor.fetchall()
    )


def _close_connections() -> None:
    """Closes what dbt-duckdb keeps open after an invocation.

    Forgetting the environment (`close_all_connections`) is not enough: its base connection stays alive, and
    the next read-only open of the file in this process fails with "different configuration" (dbt-duckdb
    1.11.1).
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    manager: Any = DuckDBConnectionManager
    environment = manager._ENV  # noqa: SLF001 - env() raises where nothing was opened
    if environment is not None:
        environment.close()
    manager.close_all_connections()


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
