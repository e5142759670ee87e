"""How the command line shows a run: a live line on a terminal, plain lines elsewhere.

Always on standard error, so that standard output holds what was asked for.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from confere.pace import Pace

_STAGES: Final = {
    "simulate": "making the workspace",
    "extract": "extracting and loading",
    "check": "checking",
    "transform": "building and testing the models",
    "publish": "publishing",
}

_FIRST_LINE_AFTER: Final = 10.0
_LINE_EVERY: Final = 30.0
"""Seconds between lines about one stream where nobody watches: two a minute tell a hang from work."""

_REFRESHES_PER_SECOND: Final = 4
"""A refresh draws the line anew, which takes 0.5 to 1.2 ms: half a percent of a core at four a second."""


class RunProgress(Protocol):
    """What a run is told to report to; dagster_project.progress.Progress."""

    def stage(self, name: str) -> None: ...

    def step(
        self, label: str, *, done: int, total: int | None = None, documents: int | None = None
    ) -> None: ...

    def note(self, message: str) -> None: ...


@contextmanager
def shown_progress(console: Console, *, clock: Callable[[], float] = time.monotonic) -> Iterator[RunProgress]:
    """The right kind of progress for where the console writes to; `clock` counts seconds."""
    if not console.is_terminal:
        yield LineProgress(console, clock)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[pace]}", table_column=Column(no_wrap=True)),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[label]}", table_column=Column(no_wrap=True, max_width=32)),
    )
    with Progress(
        *columns, console=console, transient=True, refresh_per_second=_REFRESHES_PER_SECOND
    ) as live:
        yield LiveProgress(live, clock)


class _Paces:
    """The pace of the stream that is being told of; another label is another stream."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._label: str | None = None
        self._pace = Pace(clock)

    def tell(self, label: str, *, done: int, total: int | None, documents: int | None) -> str:
        """What to say of a step: how far, how fast, how long; without `documents` just how far."""
        if label != self._label:
            self._label, self._pace = label, Pace(self._clock)
        if documents is None:
            # the rate counts from where documents begin to come
            self._pace = Pace(self._clock)
            return f"{done:,}" if total is None else f"{done:,}/{total:,}"
        self._pace.tell(done=done, total=total, documents=documents)
        return str(self._pace)


class LineProgress:
    """One line for each stage and note, and now and then one for documents; for logs, so no colours."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._clock = clock
        self._stage = ""
        self._label = ""
        self._due_at = 0.0
        self._paces = _Paces(clock)

    def stage(self, name: str) -> None:
        if name != self._stage:
            self._stage = name
            self._label = ""
            self.note(_STAGES.get(name, name))

    def step(self, label: str, *, done: int, total: int | None = None, documents: int | None = None) -> None:
        """A line when one is due; what is counted in tables or models is not worth one."""
        if label != self._label:
            self._label = label
            self._due_at = self._clock() + _FIRST_LINE_AFTER
        said = self._paces.tell(label, done=done, total=total, documents=documents)
        if documents is not None and self._clock() >= self._due_at:
            self._due_at = self._clock() + _LINE_EVERY
            self.note(f"{label}: {said}")

    def note(self, message: str) -> None:
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)


class LiveProgress:
    """A bar for the stage under way, its pace, and the name of what is being done beside it."""

    def __init__(self, live: Progress, clock: Callable[[], float]) -> None:
        self._live = live
        self._task = live.add_task("starting", total=None, label="", pace="")
        self._stage = ""
        self._paces = _Paces(clock)

    def stage(self, name: str) -> None:
        if name != self._stage:
            self._stage = name
            self._live.remove_task(self._task)
            self._task = self._live.add_task(_STAGES.get(name, name), total=None, label="", pace="")

    def step(self, label: str, *, done: int, total: int | None = None, documents: int | None = None) -> None:
        pace = self._paces.tell(label, done=done, total=total, documents=documents)
        self._live.update(self._task, completed=done, total=total, label=label, pace=pace)

    def note(self, message: str) -> None:
        self._live.console.print(message, markup=False, highlight=False, soft_wrap=True)
