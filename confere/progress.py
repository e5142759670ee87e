"""How the command line shows a run: a live line on a terminal, plain lines elsewhere.

Always on standard error, so that standard output holds what was asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

_STAGES: Final = {
    "simulate": "making the workspace",
    "extract": "extracting and loading",
    "check": "checking",
    "transform": "building and testing the models",
    "publish": "publishing",
}


class RunProgress(Protocol):
    """What a run is told to report to; dagster_project.progress.Progress."""

    def stage(self, name: str) -> None: ...

    def step(self, label: str, *, done: int, total: int | None = None) -> None: ...

    def note(self, message: str) -> None: ...


@contextmanager
def shown_progress(console: Console) -> Iterator[RunProgress]:
    """The right kind of progress for where the console writes to."""
    if not console.is_terminal:
        yield LineProgress(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[label]}", table_column=Column(no_wrap=True, max_width=32)),
    )
    with Progress(*columns, console=console, transient=True) as live:
        yield LiveProgress(live)


class LineProgress:
    """One line for each stage and note; for logs, so neither steps nor colours."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""

    def stage(self, name: str) -> None:
        if name != self._stage:
            self._stage = name
            self.note(_STAGES.get(name, name))

    def step(self, label: str, *, done: int, total: int | None = None) -> None:
        """Not worth a line each."""

    def note(self, message: str) -> None:
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)


class LiveProgress:
    """A bar for the stage under way, the name of what is being done beside it."""

    def __init__(self, live: Progress) -> None:
        self._live = live
        self._task = live.add_task("starting", total=None, label="")
        self._stage = ""

    def stage(self, name: str) -> None:
        if name != self._stage:
            self._stage = name
            self._live.remove_task(self._task)
            self._task = self._live.add_task(_STAGES.get(name, name), total=None, label="")

    def step(self, label: str, *, done: int, total: int | None = None) -> None:
        self._live.update(self._task, completed=done, total=total, label=label)

    def note(self, message: str) -> None:
        self._live.console.print(message, markup=False, highlight=False, soft_wrap=True)
