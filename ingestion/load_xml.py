"""Loading fiscal XML: the new and changed files of an inbox into raw tables, archive and quarantine.

Holds how batches become the store's, and what the extraction log says of them. Reading a file is the
connector's business, writing rows the store's.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path

from ingestion.archive import Archive
from ingestion.connectors.xml_folder import (
    FiscalBatch,
    IntakeCounts,
    RefusedContent,
    known_files_of,
    read_folder,
    read_refused,
)
from ingestion.context import LoadContext
from ingestion.errors import SourceUnavailable
from ingestion.fiscal.containers import escaped
from ingestion.store import (
    FILES_STREAM,
    Completeness,
    FiscalRows,
    Quarantined,
    Refusal,
    StreamResult,
)
from ingestion.workspace import Source


def load_xml(source: Source, *, archive_dir: Path, full: bool, context: LoadContext) -> StreamResult:
    """Take in what is new or changed below the source's folder; `full` opens every file again.

    A folder that is not there is an error of the extraction. A content that is stored is not read again.
    """
    if source.folder is None:
        raise source.place.error("needs a folder")
    started_at = context.clock()
    known = {} if full else known_files_of(context.store.known_files(source.name))
    try:
        with Archive.open_writer(archive_dir) as archive:
            batches = read_folder(
                source.folder,
                archive=archive,
                known_files=known,
                is_stored=context.store.known_contents,
                on_file=_teller(source.name, context),
            )
            counts = _take(batches, source=source.name, context=context)
    except SourceUnavailable as error:
        result = StreamResult(source.name, FILES_STREAM, mode="full", status="error", message=str(error))
    else:
        mode = "incremental" if known else "full"
        result = _settle(counts, source=source.name, mode=mode, context=context)
    context.store.note(result, run=context.run, started_at=started_at, finished_at=context.clock())
    context.tell_result(result)
    return result


def replay_xml(entries: Sequence[Quarantined], *, archive_dir: Path, context: LoadContext) -> StreamResult:
    """Read refused contents of one source again, from the archive; what is read now is resolved."""
    started_at = context.clock()
    source = entries[0].source
    with Archive.open_writer(archive_dir) as archive:
        held = [entry for entry in entries if archive.holds(bytes.fromhex(entry.content_sha256))]
        batches = read_refused(
            archive_dir,
            [RefusedContent(entry.place, entry.content_sha256) for entry in held],
            archive=archive,
            is_stored=context.store.known_contents,
        )
        counts = _take(batches, source=source, context=context)
    context.store.resolve(
        context.run, source=source, stream=FILES_STREAM, tried=[entry.quarantine_id for entry in held]
    )
    result = _settle(counts, source=source, mode="replay", context=context)
    context.store.note(result, run=context.run, started_at=started_at, finished_at=context.clock())
    return result


def _take(batches: Iterable[FiscalBatch], *, source: str, context: LoadContext) -> IntakeCounts:
    """Store batch by batch, each in a transaction: what is stored before a crash, the next run knows."""
    counts = IntakeCounts()
    for batch in batches:
        refusals = [
            Refusal(
                refused.place, refused.reason, refused.detail, refused.content_sha256, refused.archive_ref
            )
            for refused in batch.quarantined
        ]
        paths = [escaped(path) for path in batch.files["path"].to_pylist()]
        rows = FiscalRows(batch.tables, batch.files, refusals, paths)
        context.store.append_fiscal(rows, source=source, run=context.run)
        counts += batch.counts
    counts.verify()
    return counts


def _settle(counts: IntakeCounts, *, source: str, mode: str, context: LoadContext) -> StreamResult:
    """What an intake did, in units (documents, protocols, events, summaries), and its control totals.

    A duplicate and a part that could not be read count for one unit. What is stored is counted where it is
    stored.
    """
    if counts.parts == 0 and counts.files == 0:
        return StreamResult(source, FILES_STREAM, mode="unchanged", status="unchanged")
    stored, homologation = context.store.fiscal_totals(context.run, source=source)
    came = counts.units + counts.refused_parts + counts.duplicates
    totals = {
        "source": came,
        "store": stored,
        "quarantine": counts.quarantined,
        "duplicate": counts.duplicates,
        "homologation": homologation,
    }
    context.store.record_completeness(
        context.run, [Completeness(source, FILES_STREAM, stage, count) for stage, count in totals.items()]
    )
    return StreamResult(
        source,
        FILES_STREAM,
        mode=mode,
        status="ok",
        rows_read=came,
        rows_new=stored,
        rows_quarantined=counts.quarantined,
    )


def _teller(source: str, context: LoadContext) -> Callable[[str], None]:
    """Counts the files that are opened, out loud."""
    numbers = count(1)
    return lambda _path: context.tell(source, FILES_STREAM, done=next(numbers))
