"""Running the landing suites over the rows that one run brought.

Great Expectations reads the closed warehouse through DuckDB itself, so amounts stay DECIMAL. It takes seconds
to import: that happens inside one function, and only when a table with a suite got new rows. Nothing here
decides whether a run goes on.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from ingestion.expectations.landing_suites import Expectation, LandingSuite
from ingestion.store import Check, CheckResult, Run

MAX_FAILING_ROWS: Final = 1000
"""Failing rows kept for each check; the count of failures is always whole."""


def check_landing(
    warehouse: Path, *, suites: Sequence[LandingSuite], run: Run, clock: Callable[[], datetime]
) -> tuple[tuple[Check, CheckResult], ...]:
    """Validate what `run` brought, table by table; empty when nothing landed in a table that has a suite.

    The warehouse must exist and be closed. A check that cannot be evaluated ends as `error`, with the reason.
    """
    landed = _landed(warehouse, suites, run=run)
    return _validate(warehouse, landed, run=run, clock=clock) if landed else ()


def _landed(warehouse: Path, suites: Sequence[LandingSuite], *, run: Run) -> list[LandingSuite]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [
            suite
            for suite in suites
            if connection.execute(f"select 1 {_batch(suite, run=run)} limit 1").fetchone() is not None
        ]


def _batch(suite: LandingSuite, *, run: Run) -> str:
    """The rows that a run brought into a table; run ids are made by the pipeline, so quoting is enough."""
    quoted = run.run_id.replace("'", "''")
    return (
        f'from "{suite.schema}"."{suite.table}" where _extraction_id in '
        f"(select extraction_id from quality.extractions where run_id = '{quoted}')"
    )


def _validate(
    warehouse: Path, suites: Sequence[LandingSuite], *, run: Run, clock: Callable[[], datetime]
) -> tuple[tuple[Check, CheckResult], ...]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the package is imported
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from sqlalchemy.dialects import registry

    registry.register("duckdb.landing", "ingestion.expectations.dialect", "LandingDialect")
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    add_sql: Any = context.data_sources.add_sql  # its stub lacks the engine's own arguments
    source = add_sql(
        "warehouse",
        connection_string=f"duckdb+landing:///{warehouse.as_posix()}",
        kwargs={"connect_args": {"read_only": True}},
        create_temp_table=False,
    )
    results: list[tuple[Check, CheckResult]] = []
    try:
        for suite in suites:
            asset = source.add_query_asset(
                f"{suite.schema}.{suite.table}", query=f"select * {_batch(suite, run=run)}"
            )
            batch = asset.add_batch_definition_whole_table("run").get_batch()
            by_name = {expectation.check_name: expectation for expectation in suite.expectations}
            outcome = batch.validate(
                gx.ExpectationSuite(
                    name=asset.name,
                    expectations=[
                        getattr(gx.expectations, expectation.expect)(
                            column=expectation.column,
                            severity=expectation.severity,
                            meta={"check_name": expectation.check_name},
                            **_arguments(expectation, run=run),
                        )
                        for expectation in suite.expectations
                    ],
                ),
                result_format={
                    "result_format": "SUMMARY",
                    "unexpected_index_column_names": list(suite.identify),
                    "partial_unexpected_count": MAX_FAILING_ROWS,
                    "return_unexpected_index_query": False,
                },
            )
            results += [
                _result(by_name[_check_name(single)], suite, single, checked_at=clock())
                for single in outcome.results
            ]
    finally:
        # both engines keep the file open, and the store could not be opened for writing beside them
        source.get_execution_engine().close()
        source.get_engine().dispose()
    return tuple(results)


def _arguments(expectation: Expectation, *, run: Run) -> dict[str, Any]:
    values = {"{as_of_plus_one_year}": (run.as_of + timedelta(days=365)).date().isoformat()}
    return {
        name: values.get(value, value) if isinstance(value, str) else value
        for name, value in expectation.arguments.items()
    }


def _result(
    expectation: Expectation, suite: LandingSuite, outcome: Any, *, checked_at: datetime
) -> tuple[Check, CheckResult]:
    check = Check(
        check_name=expectation.check_name,
        tool="great_expectations",
        subject=f"{suite.schema}.{suite.table}",
        severity="error" if expectation.severity == "critical" else "warn",
        description=expectation.description,
    )
    problem = _problem(outcome.exception_info)
    if problem is not None:
        return check, CheckResult(expectation.check_name, "error", 0, checked_at, message=problem)
    failures = int(outcome.result.get("unexpected_count", 0))
    failing = [_failing(row, suite) for row in outcome.result.get("partial_unexpected_index_list") or ()]
    status = "passed" if outcome.success else "failed" if expectation.severity == "critical" else "warned"
    return check, CheckResult(
        expectation.check_name,
        status,
        failures,
        checked_at,
        message=None if outcome.success else f"{failures} rows of this run fail on {expectation.column}",
        failing=failing[:MAX_FAILING_ROWS],
    )


def _failing(row: Mapping[str, Any], suite: LandingSuite) -> tuple[str, Mapping[str, Any]]:
    key = "|".join("" if row.get(column) is None else str(row[column]) for column in suite.identify)
    # the names come as strings of another class, which hash by their lower case
    return key, {str(column): value for column, value in row.items()}


def _check_name(outcome: Any) -> str:
    return str(outcome.expectation_config.meta["check_name"])


def _problem(exception_info: Mapping[str, Any]) -> str | None:
    """The message of an expectation that could not be evaluated; one metric's or the whole expectation's."""
    entries = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    messages = [str(entry["exception_message"]) for entry in entries if entry.get("raised_exception")]
    return "; ".join(dict.fromkeys(messages)) or None
