"""The optional checks on stored payloads: which there are, and running one in several processes.

Holds no check itself and imports none before it is wanted: each needs a package that not everybody installs.
"""

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

import pyarrow as pa

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.tables import CONTENT, ORDINAL

PARALLEL_ABOVE: Final = 2_000
"""Payloads from which other processes help: starting them costs as much as judging a thousand."""

_CHUNK_PAYLOADS, _CHUNK_BYTES = 500, 8 << 20

Content: TypeAlias = tuple[str, bytes]
"""A payload as the archive hands it out: hex SHA-256 and bytes."""


class Judge(Protocol):
    """A check at work; its verdicts are dataclasses whose fields are the columns of its raw table."""

    version: str

    def judge(self, content: bytes) -> Sequence[Any]:
        """The verdicts on one payload, never none; never raises for what a payload holds."""
        ...


@dataclass(frozen=True, slots=True)
class OptionalCheck:
    """A check: its raw table, the class that does it, and the package that it needs with the extra for it."""

    table: str
    module: str
    judge: str
    package: str
    extra: str

    def is_installed(self) -> bool:
        """Whether the package is there."""
        return find_spec(self.package) is not None

    def start(self, limits: Limits) -> Judge:
        """The check, ready to judge."""
        made: Judge = getattr(import_module(self.module), self.judge)(limits=limits)
        return made


CHECKS: Final[Mapping[str, OptionalCheck]] = MappingProxyType(
    {
        "signatures": OptionalCheck(
            table="signatures",
            module="ingestion.fiscal.signature_check",
            judge="SignatureJudge",
            package="cryptography",
            extra="signatures",
        ),
        "schemas": OptionalCheck(
            table="schema_verdicts",
            module="ingestion.fiscal.schema_check",
            judge="SchemaJudge",
            package="nfelib",
            extra="schemas",
        ),
    }
)
"""The checks by the name that switches them on."""


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
