"""The XML archive as a source: contents that were taken in before, read again from their bytes.

Holds the way from the archive's bytes to batches of rows. Which contents are read again, and what becomes of
the rows, is decided elsewhere.
"""

import io
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from ingestion.archive import Archive, scan
from ingestion.fiscal.intake import BatchSize, FiscalBatch, IsStored, SourceFile, take_in
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.tables import TableShape

Places: TypeAlias = Sequence[tuple[str, str]]
"""Where a content lies, as (path, inner path); it is read at the first."""

_THREADS: Final = 2
_REMEMBERED: Final = 10_000
"""More contents than the intake gathers before it asks which of them are stored."""


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
            for path, inner_path in waiting.pop(sha256):
                yield SourceFile(path, partial(io.BytesIO, content), len(content), inner_path=inner_path)

    for batch in take_in(
        contents(),
        tables=tables,
        archive=archive,
        is_stored=lambda digests: is_stored([each for each in digests if each not in handed_out]),
        limits=limits or Limits(),
        threads=threads,
        batch_size=batch_size or BatchSize(),
    ):
        yield replace(batch, files=batch.files.slice(0, 0))
