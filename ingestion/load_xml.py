"""Loading fiscal XML: the new and changed files of an inbox into raw tables, archive and quarantine.

Holds how batches become the store's, and what the extraction log says of them. Reading a file is the
connector's business, writing rows the store's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from ingestion.ahead import ahead
from ingestion.archive import Archive
from ingestion.connectors.xml_archive import RefusedContent, read_refused
from ingestion.connectors.xml_folder import FiscalBatch, IntakeCounts, IntakeProgress, read_folder
from ingestion.context import LoadContext
from ingestion.errors import SourceUnavailable
from ingestion.fiscal.containers import escaped
from ingestion.fiscal.fingerprint import READ_BY, Fingerprints, read_fingerprints
from ingestion.fiscal.payloads import FILES, PAYLOADS
from ingestion.fiscal.tables import TableShape, read_tables
from ingestion.store import (
    FILES_STREAM,
    Completeness,
    FiscalRows,
    Quarantined,
    Refusal,
    StreamResult,
)
from ingestion.workspace import Source


def load_xml(
    source: Source,
    *,
    tables: Mapping[str, TableShape],
    fingerprints: Fingerprints,
    archive_dir: Path,
    full: bool,
    context: LoadContext,
) -> StreamResult:
    """Take in what is new or changed below the source's folder; `full` opens every file again.

    `fingerprints` are those of the maps and lists as they stand. A folder that is not there is an error of
    the extraction. A content that is stored is not read again.
    """
    if source.folder is None:
        raise source.place.error("needs a folder")
    started_at = context.clock()
    known = None if full else context.store.known_files(source.name)
    mode = "incremental" if known else "full"
    try:
        with Archive.open_writer(archive_dir) as archive:
            batches = read_folder(
                source.folder,
                archive=archive,
                known_files=known,
                is_stored=context.store.known_contents,
                tables=tables,
                on_progress=_teller(source.name, context),
            )
            # a million files are 90 MB, which the reading has better use for
            del known
            counts = _take(batches, fingerprints, source=source.name, context=context)
    except SourceUnavailable as error:
        result = StreamResult(source.name, FILES_STREAM, mode="full", status="error", message=str(error))
    else:
        result = _settle(counts, source=source.name, mode=mode, context=context)
    context.store.note(result, run=context.run, started_at=started_at, finished_at=context.clock())
    context.tell_result(result)
    return result


def replay_xml(entries: Sequence[Quarantined], *, archive_dir: Path, context: LoadContext) -> StreamResult:
    """Read refused contents of one source again, from the archive; what is read now is resolved."""
    started_at = context.clock()
    source = entries[0].source
    tables = read_tables()
    fingerprints = read_fingerprints(tables)
    counts = IntakeCounts()
    with Archive.open_writer(archive_dir) as archive:
        held = [entry for entry in entries if archive.holds(bytes.fromhex(entry.content_sha256))]
        for batch in read_refused(
            archive_dir,
            [RefusedContent(entry.place, entry.content_sha256) for entry in held],
            archive=archive,
            is_stored=context.store.known_contents,
            tables=tables,
        ):
            # of a payload that was partly refused, all is read again
            context.store.replace_fiscal(
                rows_of(batch, fingerprints),
                contents=(),
                names=[name for name in tables if name != FILES],
                source=source,
                stream=FILES_STREAM,
                run=context.run,
            )
            counts += batch.counts
    counts.verify()
    context.store.resolve(
        context.run, source=source, stream=FILES_STREAM, tried=[entry.quarantine_id for entry in held]
    )
    result = _settle(counts, source=source, mode="replay", context=context)
    context.store.note(result, run=context.run, started_at=started_at, finished_at=context.clock())
    return result


def rows_of(batch: FiscalBatch, fingerprints: Fingerprints) -> FiscalRows:
    """A batch as the store takes it; beside each payload by which maps, as they are today, it was read."""
    refusals = [
        Refusal(refused.place, refused.reason, refused.detail, refused.content_sha256, refused.archive_ref)
        for refused in batch.quarantined
    ]
    tables = dict(batch.tables)
    if PAYLOADS in tables:
        tables[PAYLOADS] = _with_fingerprints(tables[PAYLOADS], fingerprints)
    paths = [escaped(path) for path in batch.files["path"].to_pylist()]
    return FiscalRows(tables, batch.files, refusals, paths)


def control_totals(counts: IntakeCounts, *, source: str, stream: str, context: LoadContext) -> int:
    """Record what became of what came in; gives the units that this extraction stored.

    A duplicate and a part that could not be read count for one unit. What is stored is counted where it is
    stored.
    """
    stored, homologation = context.store.fiscal_totals(context.run, source=source, stream=stream)
    totals = {
        "source": counts.came,
        "store": stored,
        "quarantine": counts.quarantined,
        "duplicate": counts.duplicates,
        "homologation": homologation,
    }
    context.store.record_completeness(
        context.run, [Completeness(source, stream, stage, count) for stage, count in totals.items()]
    )
    return stored


def _with_fingerprints(payloads: pa.Table, fingerprints: Fingerprints) -> pa.Table:
    at = payloads.schema.get_field_index(READ_BY)
    maps = payloads.column(at).combine_chunks().dictionary_encode()
    told = pa.array([fingerprints.read_by(each) for each in maps.dictionary.to_pylist()], pa.string())
    return payloads.set_column(at, READ_BY, told.take(maps.indices))


def _take(
    batches: Iterator[FiscalBatch], fingerprints: Fingerprints, *, source: str, context: LoadContext
) -> IntakeCounts:
    """Store batch by batch, each as a whole: what is stored before a crash, the next run knows.

    While one is being stored, the next is read.
    """
    counts = IntakeCounts()
    with context.store.bulk() as bulk, ahead(batches) as read:
        for batch in read:
            context.store.append_fiscal(rows_of(batch, fingerprints), source=source, run=context.run)
            bulk.stored(batch.counts.parts)
            counts += batch.counts
    counts.verify()
    return counts


def _settle(counts: IntakeCounts, *, source: str, mode: str, context: LoadContext) -> StreamResult:
    """What an intake did, in units as IntakeCounts defines them, and its control totals."""
    if counts.parts == 0 and counts.files == 0:
        return StreamResult(source, FILES_STREAM, mode="unchanged", status="unchanged")
    stored = control_totals(counts, source=source, stream=FILES_STREAM, context=context)
    return StreamResult(
        source,
        FILES_STREAM,
        mode=mode,
        status="ok",
        rows_read=counts.came,
        rows_new=stored,
        rows_quarantined=counts.quarantined,
    )


def _teller(source: str, context: LoadContext) -> Callable[[IntakeProgress], None]:
    """Passes on how far an intake is; while the folder is being listed, how many files were found."""

    def tell(progress: IntakeProgress) -> None:
        if progress.bytes_total is None:
            context.tell(source, FILES_STREAM, done=progress.files)
        else:
            context.tell(
                source,
                FILES_STREAM,
                done=progress.bytes_done,
                total=progress.bytes_total,
                documents=progress.documents,
            )

    return tell
