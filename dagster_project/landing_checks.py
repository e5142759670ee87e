"""The landing suites as asset checks: one for each raw table, blocking what is built on it.

The expectations and their results one by one stand in quality.checks and quality.check_results.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.raw_assets import POOL, raw_key
from dagster_project.session import CheckOutcome
from dagster_project.session_resource import SessionOfRun
from ingestion.expectations.landing_suites import LandingSuite

LANDING_CHECK = "landing"


def build_landing_checks(suites: Sequence[LandingSuite]) -> dg.AssetChecksDefinition:
    """One step over all suites: what it costs is the import of Great Expectations, once."""
    subject_of = {raw_key(suite.system, suite.table): f"{suite.schema}.{suite.table}" for suite in suites}

    @dg.multi_asset_check(
        name="check_landing",
        specs=[
            dg.AssetCheckSpec(
                LANDING_CHECK,
                asset=raw_key(suite.system, suite.table),
                description=f"The rows of this run satisfy {len(suite.expectations)} expectations.",
                blocking=True,
            )
            for suite in suites
        ],
        can_subset=True,
        pool=POOL,
    )
    def check_landing(
        context: dg.AssetCheckExecutionContext, run: dg.ResourceParam[SessionOfRun]
    ) -> Iterator[dg.AssetCheckResult]:
        outcomes = run.session.check_landing()
        for key in sorted(check.asset_key for check in context.selected_asset_check_keys):
            # a table in which nothing landed satisfies every expectation, and a blocking check has to say so
            yield _result(key, [outcome for outcome in outcomes if outcome[0].subject == subject_of[key]])

    return check_landing


def _result(key: dg.AssetKey, outcomes: Sequence[CheckOutcome]) -> dg.AssetCheckResult:
    not_passed = [result for _, result in outcomes if result.status != "passed"]
    is_broken = any(result.status == "failed" for result in not_passed)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=LANDING_CHECK,
        passed=not not_passed,
        severity=dg.AssetCheckSeverity.ERROR if is_broken else dg.AssetCheckSeverity.WARN,
        metadata={"evaluated": len(outcomes)} | {result.check_name: result.failures for result in not_passed},
    )
