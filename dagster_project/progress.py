"""How a run tells how far it is, without knowing who listens."""

import logging
from typing import Final, Protocol

_LOG: Final = logging.getLogger("confere.run")


class Progress(Protocol):
    """Listens to a run: it enters a stage, gets on inside it, or has something to say once."""

    def stage(self, name: str) -> None:
        """A stage begins: extract, check, transform, publish."""

    def step(self, label: str, *, done: int, total: int | None = None, documents: int | None = None) -> None:
        """`done` of `total` (None while unknown); `label` is a table, a model or a source.

        With `documents`, the documents taken in so far, there is a rate, and the two others may be bytes.
        """

    def note(self, message: str) -> None:
        """One sentence worth a line of its own."""


class LoggedProgress:
    """For runs that nobody looks at: stages and notes go to the log, steps do not."""

    def stage(self, name: str) -> None:
        _LOG.info("stage %s", name)

    def step(self, label: str, *, done: int, total: int | None = None, documents: int | None = None) -> None:
        """Too many for a log."""

    def note(self, message: str) -> None:
        _LOG.info("%s", message)
