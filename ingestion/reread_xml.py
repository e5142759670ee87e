"""Reading stored XML again, from the archive, when a map has grown; no file is asked for.

Holds when that is due, which contents it takes, and what the extraction log says of it. How rows take the
place of others is the store's business.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingestion.archive import Archive
from ingestion.connectors.xml_archive import read_again, split_place
from ingestion.context import LoadContext
from ingestion.fiscal.counts import IntakeCounts
from ingestion.fiscal.fingerprint import Fingerprints
from ingestion.fiscal.intake import BatchSize, FiscalBatch
from ingestion.fiscal.payloads import FILES
from ingestion.fiscal.tables import TableShape
from ingestion.load_xml import control_totals, rows_of
from ingestion.store import FILES_STREAM, REREAD_STREAM, Quarantined, StreamResult

_BATCH: Final = BatchSize(payloads=4_000, bytes=64 << 20)
"""Larger than an inbox's: each batch looks through the tables once for the rows that it replaces."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class _Reread:
    """What reading again did so far: counts of the intake, and units that were stored before."""

    counts: IntakeCounts
    replaced: int = 0


def reread_xml(
    source: str,
    *,
    tables: Mapping[str, TableShape],
    fingerprints: Fingerprints,
    archive_dir: Path,
    context: LoadContext,
) -> StreamResult | None:
    """Read again what older maps read, and try again what they refused; None when there is no such thing.

    `fingerprints` are those of the maps and lists as they stand; while they are those of last time, that is
    one comparison. A crash on the way leaves the rest to the next run, since every content says by what it
    was read.
    """
    store = context.store
    if store.read_with(source) == fingerprints.whole:
        return None
    outdated = [said for said in store.readings(source) if not fingerprints.is_current(said)]
    refused = [
        entry
        for entry in store.open_quarantine(source=source)
        if entry.stream == FILES_STREAM and entry.archive_ref is not None
    ]
    result = None
    if outdated or refused:
        reading = _Reading(source, tables, fingerprints, outdated, archive_dir, context)
        result = reading.run(refused)
    store.keep_read_with(source, fingerprints.whole)
    return result


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over the archive. `outdated` is what stands beside contents that older maps read."""

    source: str
    tables: Mapping[str, TableShape]
    fingerprints: Fingerprints
    outdated: Sequence[str | None]
    archive_dir: Path
    context: LoadContext

    def run(self, refused: Sequence[Quarantined]) -> StreamResult:
        context, started_at = self.context, self.context.clock()
        with Archive.open_writer(self.archive_dir) as archive:
            held = [entry for entry in refused if archive.holds(bytes.fromhex(entry.content_sha256))]
            done = self._take(self._batches(archive, held), total=len(held))
            message = self._settle_rest(archive)
        # what was not refused again
        context.store.resolve(
            context.run,
            source=self.source,
            stream=FILES_STREAM,
            tried=[entry.quarantine_id for entry in held],
        )
        stored = control_totals(done.counts, source=self.source, stream=REREAD_STREAM, context=context)
        changed = min(done.replaced, stored)
        result = StreamResult(
            self.source,
            REREAD_STREAM,
            mode="reread",
            status="ok",
            rows_read=done.counts.came,
            rows_new=stored - changed,
            rows_changed=changed,
            rows_deleted=done.replaced - changed,
            rows_quarantined=done.counts.quarantined,
            message=message,
        )
        context.store.note(result, run=context.run, started_at=started_at, finished_at=context.clock())
        context.tell_result(result)
        return result

    def _batches(self, archive: Archive, refused: Iterable[Quarantined]) -> Iterable[FiscalBatch]:
        refused_at: dict[str, list[tuple[str, str]]] = {}
        for entry in refused:
            refused_at.setdefault(entry.content_sha256, []).append(split_place(entry.place))

        def choose(shown: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
            places: dict[str, dict[tuple[str, str], None]] = {}
            for sha256, path, inner_path in self._outdated(shown):
                places.setdefault(sha256, {})[path, inner_path] = None
            for sha256 in shown:
                for place in refused_at.get(sha256, ()):
                    places.setdefault(sha256, {})[place] = None
            return {sha256: list(found) for sha256, found in places.items()}

        def is_current(digests: Collection[str]) -> frozenset[str]:
            stored = self.context.store.known_contents(digests)
            return stored - {sha256 for sha256, _, _ in self._outdated(stored)} if stored else stored

        return read_again(
            self.archive_dir,
            choose=choose,
            archive=archive,
            is_stored=is_current,
            tables=self.tables,
            batch_size=_BATCH,
        )

    def _outdated(self, digests: Iterable[str]) -> list[tuple[str, str, str]]:
        if not self.outdated:
            return []
        return self.context.store.contents_read_by(self.outdated, source=self.source, among=list(digests))

    def _take(self, batches: Iterable[FiscalBatch], *, total: int) -> _Reread:
        """Batch by batch, each replaced as a whole or not at all."""
        store, run = self.context.store, self.context.run
        total += store.count_read_by(self.outdated, source=self.source)
        names = [name for name in self.tables if name != FILES]
        done = _Reread(IntakeCounts())
        with store.bulk() as bulk:
            for batch in batches:
                done.replaced += store.replace_fiscal(
                    rows_of(batch, self.fingerprints),
                    contents={refused.content_sha256 for refused in batch.quarantined},
                    names=names,
                    source=self.source,
                    stream=REREAD_STREAM,
                    run=run,
                )
                bulk.stored(batch.counts.parts)
                done.counts += batch.counts
                parts = done.counts.parts
                self.context.tell(self.source, REREAD_STREAM, done=parts, total=total, documents=parts)
        done.counts.verify()
        return done

    def _settle_rest(self, archive: Archive) -> str | None:
        """What no batch answered for: contents that are containers today, and bytes that were lost."""
        store = self.context.store
        left = store.left_unread(self.outdated, source=self.source, run=self.context.run)
        lost = [sha256 for sha256 in left if not archive.holds(bytes.fromhex(sha256))]
        store.forget_contents(set(left) - set(lost), names=[name for name in self.tables if name != FILES])
        if not lost:
            return None
        _LOG.warning("%d contents of %s are not in the archive, such as %s", len(lost), self.source, lost[0])
        return f"the archive lacks {len(lost)} contents, which stay as older maps read them"
