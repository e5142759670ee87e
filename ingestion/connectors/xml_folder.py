"""The XML folder connector: an inbox of fiscal XML, any folder tree, to batches of rows.

Holds how the files of a folder become batches, and how far that is. What is in a file is the fiscal package's
business, which files are new that of the listing.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.archive import Archive
from ingestion.errors import SourceUnavailable
from ingestion.fiscal.counts import IntakeCounts
from ingestion.fiscal.intake import BatchSize, FiscalBatch, IsStored, QuarantinedInput, SourceFile, take_in
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.tables import TableShape, read_tables
from ingestion.folder_listing import ListedFile, Listing, list_folder

__all__ = [
    "BatchSize",
    "FiscalBatch",
    "IntakeCounts",
    "IntakeProgress",
    "QuarantinedInput",
    "read_folder",
]

_THREADS = 2


@dataclass(frozen=True, slots=True)
class IntakeProgress:
    """How far an intake is: documents (XML contents) and bytes of files that are done.

    `bytes_done` holds what was read so far of a large archive, too. `bytes_total` is None while the folder is
    being listed; `files` is what was found by then.
    """

    files: int
    documents: int = 0
    bytes_done: int = 0
    bytes_total: int | None = None


def read_folder(
    folder: Path,
    *,
    archive: Archive,
    known_files: pa.Table | None,
    is_stored: IsStored,
    tables: Mapping[str, TableShape] | None = None,
    limits: Limits | None = None,
    threads: int = _THREADS,
    batch_size: BatchSize | None = None,
    on_progress: Callable[[IntakeProgress], None] | None = None,
) -> Iterator[FiscalBatch]:
    """Read the files of a folder that are new or changed, in the order of their paths.

    A file is unchanged when its size, modification and change time are those of `known_files` (columns path,
    size, mtime_ns and ctime_ns, in any order; None: nothing is known); it is not opened then. `is_stored`
    tells which contents (hex SHA-256) need no reading. The bytes of what is read go to `archive`.
    `on_progress` is told while the folder is listed, and of each batch once it was taken. Each batch's counts
    hold what happened since the one before; their sum passes `IntakeCounts.verify`. SourceUnavailable when
    the folder is not there.
    """
    if not folder.is_dir():
        raise SourceUnavailable(
            f"{folder}: there is no such folder; create it or correct the source's folder"
        )
    tell = on_progress or _tell_nobody
    listing = list_folder(folder, known=known_files, on_found=lambda found: tell(IntakeProgress(files=found)))
    del known_files
    tally = _Tally(listing)
    unchanged = IntakeCounts(unchanged=listing.unchanged)
    for batch in take_in(
        map(tally.source_file, listing),
        tables=read_tables() if tables is None else tables,
        archive=archive,
        is_stored=is_stored,
        limits=limits or Limits(),
        threads=threads,
        batch_size=batch_size or BatchSize(),
        expected_bytes=listing.bytes,
    ):
        yield replace(batch, counts=batch.counts + unchanged)
        unchanged = IntakeCounts()
        tell(tally.after(batch))


class _Tally:
    """Counts what an intake has done, a part of the file that is open included."""

    def __init__(self, listing: Listing) -> None:
        self._done = IntakeProgress(files=listing.files, bytes_total=listing.bytes)
        self._whole = 0
        self._open: io.BufferedReader | None = None

    def source_file(self, file: ListedFile) -> SourceFile:
        """A listed file for the intake."""
        return SourceFile(file.path, partial(self._opened, file), file.size, file.mtime_ns, file.ctime_ns)

    def after(self, batch: FiscalBatch) -> IntakeProgress:
        """How far it is once a batch was taken; never less far than before."""
        self._whole += pc.sum(batch.files["size"]).as_py() or 0
        reached = self._whole
        if self._open is not None and not self._open.closed:
            reached += self._open.tell()
        self._done = replace(
            self._done,
            documents=self._done.documents + batch.counts.parts,
            bytes_done=max(self._done.bytes_done, reached),
        )
        return self._done

    def _opened(self, file: ListedFile) -> io.BufferedReader:
        self._open = file.open()
        return self._open


def _tell_nobody(_progress: IntakeProgress) -> None:
    pass
