"""The XML archive as a source: contents that were taken in before, read again from their bytes.

Holds the way from the archive's bytes to batches of rows, of what was stored and of what was refused. Which
contents are read again, and what becomes of the rows, is decided elsewhere.
"""

import io
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from ingestion.archive import Archive, read_many, scan
from ingestion.fiscal.containers import unescaped
from ingestion.fiscal.intake import BatchSize, FiscalBatch, IsStored, SourceFile, take_in
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.tables import TableShape, read_tables

Places: TypeAlias = Sequence[tuple[str, str]]
"""Where a content lies, as (path, inner path); it is read at the first."""

_THREADS: Final = 2
_REMEMBERED: Final = 10_000
"""More contents than the intake gathers before it asks which of them are stored."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedContent:
    """A quarantined content whose bytes are archived: its place in quarantine and its hex digest."""

    place: str
    content_sha256: str


def read_again(
    archive_dir: Path,
    *,
    choose: Callable[[Sequence[str]], Mapping[str, Places]],
    archive: Archive,
    is_stored: IsStored,
    tables: Mapping[str, TableShape],
    limits: Limits | None = None,
    threads: int = _THREADS,
    batch_size: BatchSize | None = None,
) -> Iterator[FiscalBatch]:
    """Read archived contents again by the maps and limits of today, in the order they lie.

    `choose` is shown hex digests as they lie and gives the places of those that are to be read. A content
    that turns out to be a container gives its parts, of which those that `is_stored` tells of count as
    duplicates. `files` of these batches is empty. Memory does not grow with the archive.
    """
    waiting: dict[str, Places] = {}
    handed_out: OrderedDict[str, None] = OrderedDict()

    def choose_of(shown: Sequence[str]) -> Collection[str]:
        waiting.update(choose(shown))
        return waiting.keys()

    def contents() -> Iterator[SourceFile]:
        for sha256, content in scan(archive_dir, choose=choose_of):
            handed_out[sha256] = None
            if len(handed_out) > _REMEMBERED:
                handed_out.popitem(last=False)
            yield from _source_files(content, waiting.pop(sha256))

    return _without_files(
        take_in(
            contents(),
            tables=tables,
            archive=archive,
            is_stored=lambda digests: is_stored([each for each in digests if each not in handed_out]),
            limits=limits or Limits(),
            threads=threads,
            batch_size=batch_size or BatchSize(),
        )
    )


def read_refused(
    archive_dir: Path,
    refused: Iterable[RefusedContent],
    *,
    archive: Archive,
    is_stored: IsStored,
    tables: Mapping[str, TableShape] | None = None,
    limits: Limits | None = None,
    threads: int = _THREADS,
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
            yield from _source_files(content, places[sha256])

    yield from _without_files(
        take_in(
            contents(),
            tables=read_tables() if tables is None else tables,
            archive=archive,
            is_stored=is_stored,
            limits=limits or Limits(),
            threads=threads,
            batch_size=batch_size or BatchSize(),
            again=places.keys(),
        )
    )
    for sha256 in sorted(places.keys() - found):
        _LOG.warning(
            "the archive does not hold %s, refused at %s", sha256, ", ".join(map("!".join, places[sha256]))
        )


def split_place(place: str) -> tuple[str, str]:
    """The path and the inner path in a place of quarantine."""
    path, _, inner_path = place.partition("#")[0].partition("!")
    return unescaped(path), inner_path


def _source_files(content: bytes, places: Iterable[tuple[str, str]]) -> Iterator[SourceFile]:
    """A content for the intake, once for each of its places."""
    for path, inner_path in places:
        yield SourceFile(path, partial(io.BytesIO, content), len(content), inner_path=inner_path)


def _without_files(batches: Iterable[FiscalBatch]) -> Iterator[FiscalBatch]:
    """No file of the inbox was read."""
    for batch in batches:
        yield replace(batch, files=batch.files.slice(0, 0))
