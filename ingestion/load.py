"""Loading: one source into the store, and quarantined input once more.

Holds which kind of load a source takes. How tables and XML are loaded stands in load_tables and load_xml.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ingestion.context import Clock, LoadContext, Progress
from ingestion.contracts import Contracts
from ingestion.fiscal.fingerprint import read_fingerprints
from ingestion.fiscal.tables import read_tables
from ingestion.load_tables import load_tables, replay_rows
from ingestion.load_xml import load_xml, replay_xml
from ingestion.reread_xml import reread_xml
from ingestion.store import (
    DUPLICATE_KEY,
    FILES_STREAM,
    MALFORMED_LINE,
    Quarantined,
    Run,
    Store,
    StreamResult,
)
from ingestion.workspace import Source, Workspace

__all__ = ["Clock", "Progress", "SourceResult", "can_be_replayed", "load_source", "replay"]


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What happened to each stream of one source."""

    source: str
    streams: tuple[StreamResult, ...]

    @property
    def changed(self) -> bool:
        """Whether anything new stands in the store."""
        return any(stream.changed for stream in self.streams)

    @property
    def errors(self) -> tuple[StreamResult, ...]:
        """The streams that could not be taken."""
        return tuple(stream for stream in self.streams if stream.status == "error")


def load_source(
    source: Source,
    *,
    store: Store,
    contracts: Contracts,
    run: Run,
    archive_dir: Path,
    clock: Clock,
    full: bool = False,
    sweep: bool = True,
    progress: Progress | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> SourceResult:
    """Bring one source up to date in the store.

    A bad table, file or row never hides the others: it ends as an `error` extraction or in quarantine. `full`
    reads everything again; `sweep` looks for rows that a database deleted physically; `pause` waits so many
    seconds before a broken connection is tried again. The one error that comes out for a reason of the
    source's own is ConfigurationError.
    """
    context = LoadContext(store, run, clock, progress, pause)
    if contracts.is_fiscal(source.system):
        return _load_fiscal(source, archive_dir=archive_dir, full=full, context=context)
    tables = contracts.of_system(source.system)
    return SourceResult(source.name, load_tables(source, tables, full=full, sweep=sweep, context=context))


def _load_fiscal(source: Source, *, archive_dir: Path, full: bool, context: LoadContext) -> SourceResult:
    """What older maps read once more, then the inbox; the maps are read from their files once for both."""
    tables = read_tables()
    fingerprints = read_fingerprints(tables)
    # first, so that a content which is refused no longer is not taken in once more
    reread = reread_xml(
        source.name, tables=tables, fingerprints=fingerprints, archive_dir=archive_dir, context=context
    )
    loaded = load_xml(
        source,
        tables=tables,
        fingerprints=fingerprints,
        archive_dir=archive_dir,
        full=full,
        context=context,
    )
    return SourceResult(source.name, (loaded,) if reread is None else (reread, loaded))


def replay(
    workspace: Workspace,
    *,
    store: Store,
    contracts: Contracts,
    run: Run,
    clock: Clock,
    source: str | None = None,
    reason: str | None = None,
    progress: Progress | None = None,
) -> tuple[SourceResult, ...]:
    """Take quarantined input again: XML from the archive's bytes, rows from their JSON, by today's contract.

    What cannot be taken by itself waits for its next delivery: a malformed line of a table, a row whose key
    another one has, and XML whose bytes were not kept.
    """
    context = LoadContext(store, run, clock, progress)
    entries = [
        entry for entry in store.open_quarantine(source=source, reason=reason) if can_be_replayed(entry)
    ]
    results = []
    for name, of_source in groupby(entries, key=lambda entry: entry.source):
        streams = []
        for stream, of_stream in groupby(of_source, key=lambda entry: entry.stream):
            if stream == FILES_STREAM:
                result = replay_xml(list(of_stream), archive_dir=workspace.archive_dir, context=context)
            else:
                contract = contracts.table(workspace.source(name).system, stream)
                result = replay_rows(list(of_stream), contract, context=context)
            context.tell_result(result)
            streams.append(result)
        results.append(SourceResult(name, tuple(streams)))
    return tuple(results)


def can_be_replayed(entry: Quarantined) -> bool:
    """Whether it was kept as it came; else it waits for its next delivery."""
    if entry.stream == FILES_STREAM:
        return entry.archive_ref is not None
    return entry.reason not in {MALFORMED_LINE, DUPLICATE_KEY}
