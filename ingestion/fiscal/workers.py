"""Reading payloads in several processes, in order and within bounded memory.

Holds the pool and nothing of what reading means. Work starts in this process and moves to others only when
there is enough of it, since starting one costs as much as reading a thousand documents.
"""

import gc
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ingestion.archive import Frame, compress
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.reader import Payload, Reader, Reading
from ingestion.fiscal.refusals import reasons
from ingestion.fiscal.tables import TableShape

PARALLEL_ABOVE_PAYLOADS = 500
PARALLEL_ABOVE_BYTES = 20 << 20


@dataclass(frozen=True, slots=True)
class ChunkReading:
    """What a chunk of payloads gave, and their bytes as the archive keeps them."""

    reading: Reading
    frames: Sequence[Frame]


class Workers:
    """Readers in this process and, once there is enough to read, in others. Use as a context manager."""

    def __init__(self, tables: Mapping[str, TableShape], *, limits: Limits, processes: int) -> None:
        self._tables = tables
        self._limits = limits
        self._processes = processes
        self._reader: Reader | None = None
        self._pool: ProcessPoolExecutor | None = None
        self._payloads = 0
        self._bytes = 0

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
        return 1 if self._pool is None else 2 * self._processes

    def submit(self, payloads: Sequence[Payload]) -> Future[ChunkReading]:
        """Read payloads of distinct content; the future is done already when they were read here."""
        done: Future[ChunkReading] = Future()
        if not payloads:
            done.set_result(ChunkReading(Reading(tables={}), ()))
            return done
        if self._pool is None and self._is_worth_it():
            self._pool = ProcessPoolExecutor(
                self._processes,
                # a fork would copy locks that threads of this process hold
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start,
                initargs=(self._tables, self._limits),
            )
        self._payloads += len(payloads)
        self._bytes += sum(len(payload.content) for payload in payloads)
        if self._pool is not None:
            return self._pool.submit(_read_here, payloads)
        if self._reader is None:
            self._reader = Reader(self._tables, limits=self._limits)
        done.set_result(read_chunk(payloads, self._reader))
        return done

    def _is_worth_it(self) -> bool:
        return self._processes > 1 and (
            self._payloads > PARALLEL_ABOVE_PAYLOADS or self._bytes > PARALLEL_ABOVE_BYTES
        )


def read_chunk(payloads: Sequence[Payload], reader: Reader) -> ChunkReading:
    """Read payloads and compress those whose bytes are kept."""
    # Rows are hundreds of tuples per document and none of them is in a cycle: looking for cycles among
    # them took a tenth of the time.
    with _no_garbage_collection():
        reading = reader.read(payloads)
    worthless = {refused.sha256 for refused in reading.refused if not reasons()[refused.reason].is_kept}
    frames = [
        compress(payload.content, digest=bytes.fromhex(payload.sha256))
        for payload in payloads
        if payload.sha256 not in worthless
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


_reader_of_process: Reader | None = None


def _start(tables: Mapping[str, TableShape], limits: Limits) -> None:
    global _reader_of_process
    _reader_of_process = Reader(tables, limits=limits)


def _read_here(payloads: Sequence[Payload]) -> ChunkReading:
    if _reader_of_process is None:
        raise RuntimeError("the worker was not started")
    return read_chunk(payloads, _reader_of_process)
