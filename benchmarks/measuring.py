"""How a piece of work is measured: in a process of its own, its CPU and that of its children, and its memory.

Holds the two sides of it: a task that runs and says what it took, and whoever starts it and watches. What the
tasks are stands in tasks.py and extraction_tasks.py.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any, Final

_SAMPLE_SECONDS: Final = 0.05
_ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a task took: seconds of CPU (user and system, children too), seconds, bytes of memory at the peak.

    `count` is what it is divided by (documents or files), `said` what else the task told.
    """

    cpu: float
    wall: float
    peak: int
    count: int
    said: Mapping[str, Any]

    @property
    def micros(self) -> float:
        """Microseconds of CPU for each of `count`."""
        return self.cpu / self.count * 1e6


class Meter:
    """Takes the time of a stretch of a task."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        cpu, wall = _cpu_seconds(), time.perf_counter()
        try:
            yield
        finally:
            self.cpu += _cpu_seconds() - cpu
            self.wall += time.perf_counter() - wall


def _cpu_seconds() -> float:
    """CPU of this process and of children that ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def measure(task: str, *, module: str = "benchmarks.tasks", **settings: Any) -> Measured:
    """Run a module's task in a process of its own; SystemExit with its words when it fails."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", module, task, json.dumps(settings, default=str)],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with _watched(process.pid) as peak:
        output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{module} {task} {settings} ended with {process.returncode}")
    said = json.loads(output.splitlines()[-1])
    return Measured(said.pop("cpu"), said.pop("wall"), peak(), said.pop("count"), said)


def middle(runs: list[Measured]) -> Measured:
    """The run in the middle by CPU, with the highest peak of all."""
    at = median(run.cpu for run in runs)
    one = min(runs, key=lambda run: abs(run.cpu - at))
    return Measured(one.cpu, one.wall, max(run.peak for run in runs), one.count, one.said)


@contextmanager
def _watched(pid: int) -> Iterator[Callable[[], int]]:
    """Watches the memory of a process and its children; what they share counts for each, so never too low."""
    highest = 0
    ended = Event()

    def watch() -> None:
        nonlocal highest
        while not ended.wait(_SAMPLE_SECONDS):
            highest = max(highest, sum(map(_resident_bytes, _family(pid))))

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: highest
    finally:
        ended.set()
        watcher.join()


def _family(pid: int) -> Iterator[int]:
    """A process and all below it, as far as /proc tells (nothing where there is none)."""
    yield pid
    try:
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return
    for task in tasks:
        try:
            children = Path(f"/proc/{pid}/task/{task}/children").read_text()
        except OSError:
            continue
        for child in children.split():
            yield from _family(int(child))


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0
