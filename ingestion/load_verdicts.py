"""Optional checks of stored XML: every payload that a check has not seen is read from the archive and judged.

Holds which payloads are due, and how verdicts become the store's. What a check looks at is the fiscal
package's business, what a verdict means is dbt's.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingestion.archive import ArchiveError, read_many
from ingestion.context import LoadContext
from ingestion.contracts import Contracts
from ingestion.fiscal.judging import PARALLEL_ABOVE, Content, judge_all
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.optional_checks import CHECKS
from ingestion.load import SourceResult
from ingestion.records import StreamResult
from ingestion.workspace import Source, Workspace

DUE_AT_ONCE = 50_000
"""Payloads whose digests are held at a time: 5 MB of them, and each time costs one search for what is due."""

_PROCESSES = 2


def require_checks(workspace: Workspace) -> None:
    """ConfigurationError for a check that is switched on and whose package is not installed."""
    for name, place in workspace.checks.items():
        check = CHECKS[name]
        if not check.is_installed():
            raise place.error(
                f"needs the package {check.package}: pip install 'confere[{check.extra}]', or switch the"
                " check off"
            )


def judge_sources(
    results: Iterable[SourceResult], workspace: Workspace, *, contracts: Contracts, context: LoadContext
) -> tuple[SourceResult, ...]:
    """What loading did to some sources, with the checks of the fiscal ones as streams of their own."""
    fiscal = {source.name: source for source in workspace.sources if contracts.is_fiscal(source.system)}
    judged = []
    for result in results:
        # a source that the settings do not name any more may still have something in quarantine
        streams = [
            judge_source(fiscal[result.source], name, archive_dir=workspace.archive_dir, context=context)
            for name in workspace.checks
            if result.source in fiscal
        ]
        judged.append(SourceResult(result.source, (*result.streams, *streams)))
    return tuple(judged)


def judge_source(source: Source, name: str, *, archive_dir: Path, context: LoadContext) -> StreamResult:
    """Judge what this check, as it is now, has not judged of a source.

    Verdicts are stored chunk by chunk, each in a transaction: what a crash leaves undone, the next run does.
    Payloads that the archive does not hold are told in the message and wait.
    """
    started_at = context.clock()
    version = CHECKS[name].start(Limits()).version
    table = CHECKS[name].table
    due = context.store.due_for_verdict(table, source=source.name, version=version)
    result = StreamResult(source.name, table, mode="check", status="unchanged")
    if due:
        result = _judge_due(due, name, version, source=source.name, archive_dir=archive_dir, context=context)
    context.store.note(result, run=context.run, started_at=started_at, finished_at=context.clock())
    context.tell_result(result)
    return result


def _judge_due(
    due: int, name: str, version: str, *, source: str, archive_dir: Path, context: LoadContext
) -> StreamResult:
    table = CHECKS[name].table
    payloads = rows = 0
    status, message = "ok", None
    contents = _due_contents(table, version, source=source, archive_dir=archive_dir, context=context)
    try:
        for judged in judge_all(name, contents, processes=_processes(due), expected=due):
            context.store.append_verdicts(table, judged.rows, source=source, run=context.run)
            payloads += judged.payloads
            rows += judged.rows.num_rows
            context.tell(source, table, done=payloads, total=due, documents=payloads)
    except ArchiveError as error:
        status, message = "error", str(error)
    if message is None and payloads < due:
        message = f"{due - payloads} payloads are not in the archive"
    return StreamResult(
        source, table, mode="check", status=status, rows_read=payloads, rows_new=rows, message=message
    )


def _due_contents(
    table: str, version: str, *, source: str, archive_dir: Path, context: LoadContext
) -> Iterator[Content]:
    """The payloads that are due, from the archive; each once, also one that is not there."""
    after = ""
    while digests := context.store.contents_without_verdict(
        table, source=source, version=version, after=after, limit=DUE_AT_ONCE
    ):
        yield from read_many(archive_dir, digests)
        after = digests[-1]


def _processes(due: int) -> int:
    return min(_PROCESSES, os.cpu_count() or 1) if due >= PARALLEL_ABOVE else 1
