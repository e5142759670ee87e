"""The XML folder connector: an inbox of fiscal XML, any folder tree, to batches of rows.

Holds the walk over the folder, what tells an unchanged file, and taking refused contents again. What is in a
file is the fiscal package's business; files are never changed, moved or deleted.
"""

import io
import logging
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

import pyarrow as pa

from ingestion.archive import Archive, read_many
from ingestion.errors import SourceUnavailable
from ingestion.fiscal.containers import unescaped
from ingestion.fiscal.counts import IntakeCounts
from ingestion.fiscal.intake import BatchSize, FiscalBatch, IsStored, QuarantinedInput, SourceFile, take_in
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.tables import TableShape, read_tables

__all__ = [
    "BatchSize",
    "FiscalBatch",
    "IntakeCounts",
    "KnownFile",
    "QuarantinedInput",
    "RefusedContent",
    "known_files_of",
    "read_folder",
    "read_refused",
]

_log = logging.getLogger(__name__)

_PROCESSES = 2


class KnownFile(NamedTuple):
    """The marks of a file when it was last read."""

    size: int
    mtime_ns: int
    ctime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RefusedContent:
    """A quarantined content whose bytes are archived: its place in quarantine and its hex digest."""

    place: str
    content_sha256: str


def read_folder(
    folder: Path,
    *,
    archive: Archive,
    known_files: Mapping[str, KnownFile],
    is_stored: IsStored,
    tables: Mapping[str, TableShape] | None = None,
    limits: Limits | None = None,
    processes: int = _PROCESSES,
    batch_size: BatchSize | None = None,
    on_file: Callable[[str], None] | None = None,
) -> Iterator[FiscalBatch]:
    """Read the files of a folder that are new or changed, in the order of their paths.

    A file is unchanged when its size, modification and change time are those of `known_files`; it is not
    opened then. `is_stored` tells which contents (hex SHA-256) need no reading. The bytes of what is read go
    to `archive`. `on_file` is told each path that is opened. Each batch's counts hold what happened since the
    one before; their sum passes `IntakeCounts.verify`. SourceUnavailable when the folder is not there.
    """
    if not folder.is_dir():
        raise SourceUnavailable(
            f"{folder}: there is no such folder; create it or correct the source's folder"
        )
    unchanged = 0

    def changed_files() -> Iterator[SourceFile]:
        nonlocal unchanged
        for file in list_files(folder):
            if (file.size, file.mtime_ns, file.ctime_ns) == known_files.get(file.path, ())[:3]:
                unchanged += 1
                continue
            if on_file is not None:
                on_file(file.path)
            yield file

    told = 0
    for batch in take_in(
        changed_files(),
        tables=read_tables() if tables is None else tables,
        archive=archive,
        is_stored=is_stored,
        limits=limits or Limits(),
        processes=processes,
        batch_size=batch_size or BatchSize(),
    ):
        yield replace(batch, counts=batch.counts + IntakeCounts(unchanged=unchanged - told))
        told = unchanged


def read_refused(
    archive_dir: Path,
    refused: Iterable[RefusedContent],
    *,
    archive: Archive,
    is_stored: IsStored,
    tables: Mapping[str, TableShape] | None = None,
    limits: Limits | None = None,
    processes: int = _PROCESSES,
    batch_size: BatchSize | None = None,
) -> Iterator[FiscalBatch]:
    """Read refused contents again, from their bytes in the archive, by the maps and limits of today.

    What is still refused is refused again at its place. A payload of which some units were read before gives
    all of its rows again, and a container all of its parts, of which stored contents count as duplicates; the
    store keeps what it lacks, by `_content_sha256` and `_ordinal`. `files` of these batches is empty.
    Contents that the archive does not hold are left out, with a warning.
    """
    places: dict[str, dict[tuple[str, str], None]] = {}
    for item in refused:
        places.setdefault(item.content_sha256, {})[split_place(item.place)] = None
    found: set[str] = set()

    def contents() -> Iterator[SourceFile]:
        for sha256, content in read_many(archive_dir, places.keys()):
            found.add(sha256)
            for path, inner_path in places[sha256]:
                yield SourceFile(path, partial(io.BytesIO, content), len(content), inner_path=inner_path)

    for batch in take_in(
        contents(),
        tables=read_tables() if tables is None else tables,
        archive=archive,
        is_stored=is_stored,
        limits=limits or Limits(),
        processes=processes,
        batch_size=batch_size or BatchSize(),
        again=places.keys(),
    ):
        yield replace(batch, files=batch.files.slice(0, 0))
    for sha256 in sorted(places.keys() - found):
        _log.warning(
            "the archive does not hold %s, refused at %s", sha256, ", ".join(map("!".join, places[sha256]))
        )


def known_files_of(table: pa.Table) -> dict[str, KnownFile]:
    """The known files by path, from a table with the columns path, size, mtime_ns, ctime_ns and sha256."""
    columns = (table.column(name).to_pylist() for name in ("path", *KnownFile._fields))
    return {path: KnownFile(*marks) for path, *marks in zip(*columns, strict=True)}


def split_place(place: str) -> tuple[str, str]:
    """The path and the inner path in a place of quarantine."""
    path, _, inner_path = place.partition("#")[0].partition("!")
    return unescaped(path), inner_path


def list_files(folder: Path) -> Iterator[SourceFile]:
    """The regular files below a folder, folder by folder in the order of their names.

    A link to a file counts as the file; a link to a folder is not followed. A folder that cannot be listed
    comes as a file that cannot be read.
    """
    pending = [("", os.fspath(folder))]
    while pending:
        prefix, directory = pending.pop()
        try:
            with os.scandir(directory) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield SourceFile(prefix.rstrip("/"), partial(_raise, error), 0)
            continue
        folders = []
        for entry in entries:
            path = prefix + os.fsencode(entry.name).decode("utf-8", "backslashreplace")
            if entry.is_dir(follow_symlinks=False):
                folders.append((f"{path}/", entry.path))
                continue
            try:
                marks = entry.stat()
            except OSError as error:
                yield SourceFile(path, partial(_raise, error), 0)
                continue
            if stat.S_ISREG(marks.st_mode):
                yield SourceFile(
                    path, partial(_open, entry.path), marks.st_size, marks.st_mtime_ns, marks.st_ctime_ns
                )
        pending.extend(reversed(folders))


def _open(path: str) -> io.BufferedReader:
    return Path(path).open("rb")


def _raise(error: OSError) -> NoReturn:
    raise error
