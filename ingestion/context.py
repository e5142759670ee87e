"""What a load works with: the store, the run, the clock, and whom to tell how far it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingestion.store import Run, Store, StreamResult

Clock = Callable[[], datetime]
"""The wall clock (aware, UTC) of an extraction's start and end; the run's as-of is another thing."""


class Progress(Protocol):
    """Told how far a source is; `result` comes with a stream's last call.

    `done` and `total` (None while unknown) measure the work. With `documents`, the documents that came so
    far, it has a rate, and they may be bytes.
    """

    def __call__(
        self,
        source: str,
        stream: str,
        *,
        done: int,
        total: int | None = None,
        documents: int | None = None,
        result: StreamResult | None = None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class LoadContext:
    """The means of a load, passed along; `pause` waits so many seconds before something is tried again."""

    store: Store
    run: Run
    clock: Clock
    progress: Progress | None = None
    pause: Callable[[float], None] = time.sleep

    def tell(
        self,
        source: str,
        stream: str,
        *,
        done: int,
        total: int | None = None,
        documents: int | None = None,
    ) -> None:
        """Say how far a stream is."""
        if self.progress is not None:
            self.progress(source, stream, done=done, total=total, documents=documents)

    def tell_result(self, result: StreamResult) -> None:
        """Say what came of a stream."""
        if self.progress is not None:
            self.progress(
                result.source, result.stream, done=result.rows_read, total=result.rows_read, result=result
            )
