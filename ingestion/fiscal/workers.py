"""Reading payloads beside the thread that gathers them, in order and within bounded memory.

Holds the threads and nothing of what reading means. Small amounts are read where they are: the scanner, which
lets several threads run at once, costs as much to load as walking thousands of documents.
"""

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self

from ingestion.archive import Frame, compress
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.payloads import Payload
from ingestion.fiscal.reader import Reader, Reading
from ingestion.fiscal.refusals import reasons
from ingestion.fiscal.tables import TableShape

SCAN_ABOVE_PAYLOADS, SCAN_ABOVE_BYTES = 4_000, 48 << 20
"""When there is enough to read that loading the scanner pays: so many payloads met, or bytes expected.

Loading takes half a second, and ten once on each machine.
"""


@dataclass(frozen=True, slots=True)
class ChunkReading:
    """What a chunk of payloads gave, and their bytes as the archive keeps them."""

    reading: Reading
    frames: Sequence[Frame]


class Workers:
    """Readers in this thread and, once there is enough to read, in others. Use as a context manager."""

    def __init__(
        self, tables: Mapping[str, TableShape], *, limits: Limits, threads: int, expected_bytes: int = 0
    ) -> None:
        self._tables = tables
        self._limits = limits
        self._threads = threads
        self._expected_bytes = expected_bytes
        self._pool: ThreadPoolExecutor | None = None
        self._payloads = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    @property
    def most_pending(self) -> int:
        """How many chunks may be under way before a result should be awaited."""
        return 1 if self._pool is None else 1 + self._threads

    def submit(self, payloads: Sequence[Payload], *, archived: Collection[str]) -> Future[ChunkReading]:
        """Read payloads of distinct content, and compress those whose digests are not `archived`.

        The future is done already when they were read here.
        """
        done: Future[ChunkReading] = Future()
        if not payloads:
            done.set_result(ChunkReading(Reading(tables={}), ()))
            return done
        self._payloads += len(payloads)
        if self._payloads > SCAN_ABOVE_PAYLOADS or self._expected_bytes > SCAN_ABOVE_BYTES:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="fiscal")
            return self._pool.submit(self._read, payloads, archived=archived, scan=True)
        done.set_result(self._read(payloads, archived=archived, scan=False))
        return done

    def _read(self, payloads: Sequence[Payload], *, archived: Collection[str], scan: bool) -> ChunkReading:
        return read_chunk(payloads, self._reader, archived=archived, scan=scan)

    @cached_property
    def _reader(self) -> Reader:
        # not before there is something to read: compiling the maps takes a tenth of a second
        return Reader(self._tables, limits=self._limits)


def read_chunk(
    payloads: Sequence[Payload], reader: Reader, *, archived: Collection[str], scan: bool
) -> ChunkReading:
    """Read payloads and compress those whose bytes are to be kept and are not yet."""
    # Rows are hundreds of tuples per document and none of them is in a cycle: looking for cycles among
    # them took a tenth of the time.
    with _no_garbage_collection():
        reading = reader.read(payloads, scan=scan)
    needless = {refused.sha256 for refused in reading.refused if not reasons()[refused.reason].is_kept}
    needless.update(archived)
    frames = [
        compress(payload.content, digest=bytes.fromhex(payload.sha256))
        for payload in payloads
        if payload.sha256 not in needless
    ]
    return ChunkReading(reading, frames)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
