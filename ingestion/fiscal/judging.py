"""Running an optional check over stored payloads, in several processes where that pays.

Holds no check itself; which there are stands in optional_checks.py.
"""

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

import pyarrow as pa

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.optional_checks import CHECKS, Judge
from ingestion.fiscal.tables import CONTENT, ORDINAL

PARALLEL_ABOVE: Final = 2_000
"""Payloads from which other processes help: starting them costs as much as judging a thousand."""

_CHUNK_PAYLOADS, _CHUNK_BYTES = 500, 8 << 20

Content: TypeAlias = tuple[str, bytes]
"""A payload as the archive hands it out: hex SHA-256 and bytes."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How many payloads were judged, and the rows of the check's table that came of them."""

    payloads: int
    rows: pa.Table


def judge_all(
    name: str, contents: Iterable[Content], *, processes: int, expected: int, limits: Limits | None = None
) -> Iterator[Judged]:
    """Run a check over contents, in their order and in bounded memory; `expected` is about how many come."""
    caps = limits or Limits()
    if processes < 2 or expected < PARALLEL_ABOVE:
        judge = CHECKS[name].start(caps)
        for chunk in _chunks(contents):
            yield judge_chunk(judge, chunk)
        return
    # a fork would copy locks that threads of this process hold
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, mp_context=spawning, initializer=_start, initargs=(name, caps)
    ) as pool:
        pending: deque[Future[Judged]] = deque()
        try:
            for chunk in _chunks(contents):
                pending.append(pool.submit(_judge_here, chunk))
                if len(pending) > 2 * processes:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def judge_chunk(judge: Judge, chunk: Sequence[Content]) -> Judged:
    """The rows that a check gives for some payloads."""
    digests, ordinals, verdicts = [], [], []
    for digest, content in chunk:
        for ordinal, verdict in enumerate(judge.judge(content)):
            digests.append(digest)
            ordinals.append(ordinal)
            verdicts.append(verdict)
    names = [field.name for field in fields(verdicts[0])] if verdicts else []
    return Judged(
        len(chunk),
        pa.table(
            {
                CONTENT: pa.array(digests, pa.string()),
                ORDINAL: pa.array(ordinals, pa.int32()),
                # a column without a single value has no type of its own, and casts to any
                **{name: pa.array([getattr(verdict, name) for verdict in verdicts]) for name in names},
            }
        ),
    )


def _chunks(contents: Iterable[Content]) -> Iterator[list[Content]]:
    chunk: list[Content] = []
    size = 0
    for content in contents:
        chunk.append(content)
        size += len(content[1])
        if len(chunk) == _CHUNK_PAYLOADS or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


_judge_of_process: Judge | None = None


def _start(name: str, limits: Limits) -> None:
    global _judge_of_process
    _judge_of_process = CHECKS[name].start(limits)


def _judge_here(chunk: Sequence[Content]) -> Judged:
    if _judge_of_process is None:
        raise RuntimeError("the worker was not started")
    return judge_chunk(_judge_of_process, chunk)
