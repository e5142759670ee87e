"""Fiscal XML against the limit and its peers: `python -m benchmarks.xml [--quick]`.

Holds what is measured, in which order and how often. The work itself is tasks.py's, the tables report.py's.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import documents
from benchmarks.measuring import Measured, measure, middle
from benchmarks.readers import READERS
from benchmarks.report import LoadRow, Report, write_report

REPORT: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"

_NEW_BLOCK: Final = 80_000
"""From where the documents come that are new at the second load: no tree reaches so far."""

_NEW: Final = "new"

_BYTES_PER_DOCUMENT: Final = 30_000
"""On disk, at the worst: the file in whole pages, an archived copy and the store's rows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: documents per folder tree and per archives, the sample of the readers, and rounds."""

    name: str
    trees: Sequence[int]
    archives: Sequence[int]
    sample: int
    rounds: int

    @property
    def inboxes(self) -> Iterator[tuple[documents.Form, int]]:
        """The inboxes to make, the folder trees first."""
        yield from (("files", count) for count in self.trees)
        yield from (("zip", count) for count in self.archives)


QUICK: Final = Plan("quick", trees=(10_000,), archives=(10_000,), sample=1_000, rounds=3)
FULL: Final = Plan(
    "full", trees=(10_000, 100_000, 1_000_000), archives=(10_000, 100_000), sample=2_000, rounds=5
)


def run(plan: Plan, folder: Path, *, say: Callable[[str], None]) -> Report:
    """Measure a plan, keeping the documents below `folder` for the next time."""
    folder.mkdir(parents=True, exist_ok=True)
    _look_at_room(plan, folder)
    inboxes = _inboxes(plan, folder, say)
    say(f"readers: {len(READERS)} on {plan.sample} documents, {plan.rounds} rounds")
    readers = _readers(plan)
    with _scratch(folder) as scratch:
        say("stages")
        stages = _stages(plan, scratch, inbox=inboxes[0].path)
    loads: list[LoadRow] = []
    for inbox in inboxes:
        with _scratch(folder) as scratch:
            loads += _loads(inbox, scratch, min(plan.rounds, 3), say)
    return Report(plan.name, plan.sample, plan.rounds, readers, stages, loads)


# the documents


@dataclass(frozen=True, slots=True)
class _Inbox:
    path: Path
    form: documents.Form
    count: int
    bytes: int

    def add(self, count: int) -> None:
        """One more folder or archive with documents that are new."""
        documents.add(self.path / _NEW, count, form=self.form, first_block=_NEW_BLOCK)

    def as_it_was(self) -> None:
        """Take away what was added."""
        shutil.rmtree(self.path / _NEW, ignore_errors=True)


def _inboxes(plan: Plan, folder: Path, say: Callable[[str], None]) -> list[_Inbox]:
    found = []
    for form, count in plan.inboxes:
        say(f"documents: {count:,} as {form}")
        path = folder / f"{form}-{count}"
        found.append(_Inbox(path, form, count, documents.make(path, count, form=form)))
    return found


def _look_at_room(plan: Plan, folder: Path) -> None:
    wanted = _BYTES_PER_DOCUMENT * (sum(plan.trees) + sum(plan.archives) + max(plan.trees, default=0))
    # what earlier runs left is reused, so only what is missing has to fit
    there = sum(
        _BYTES_PER_DOCUMENT * count for form, count in plan.inboxes if (folder / f"{form}-{count}").is_dir()
    )
    free = shutil.disk_usage(folder).free
    if wanted - there > free:
        raise SystemExit(
            f"this needs {(wanted - there) >> 30} GiB of disk and {free >> 30} GiB are free: name another"
            " --folder or fewer --documents"
        )


# the measurements


def _readers(plan: Plan) -> dict[str, Measured]:
    """Every reader in turn, round by round, so that a busy minute of the machine meets all of them."""
    runs: dict[str, list[Measured]] = {name: [] for name in READERS}
    for _ in range(plan.rounds):
        for name, some in runs.items():
            some.append(measure("read", reader=name, sample=plan.sample))
    return {name: middle(some) for name, some in runs.items()}


def _stages(plan: Plan, scratch: Path, *, inbox: Path) -> dict[str, Measured]:
    sample = plan.sample
    stages: dict[str, Callable[[int], Measured]] = {
        "listing a new inbox": lambda _: measure("listing", inbox=inbox, known=False),
        "listing an unchanged inbox": lambda _: measure("listing", inbox=inbox, known=True),
        "reading the files": lambda _: measure("files", inbox=inbox, sample=sample),
        "SHA-256": lambda _: measure("hashing", sample=sample),
        "inflating members of a zip": lambda number: measure(
            "inflating", folder=scratch / f"zip{number}", sample=sample
        ),
        "extraction, every table": lambda _: measure("read", reader="confere, every table", sample=sample),
        "compressing for the archive": lambda _: measure("compressing", sample=sample),
        "writing the archive": lambda number: measure(
            "archiving", folder=scratch / f"archive{number}", sample=sample
        ),
        "appending to the store": lambda number: measure(
            "appending", folder=scratch / f"store{number}", inbox=inbox, sample=max(sample, 8_000)
        ),
    }
    return {name: middle([stage(number) for number in range(plan.rounds)]) for name, stage in stages.items()}


def _loads(inbox: _Inbox, scratch: Path, rounds: int, say: Callable[[str], None]) -> Iterator[LoadRow]:
    """Everything of an inbox into an empty store, then one percent more, then nothing new."""
    inbox.as_it_was()
    cold = []
    # what takes minutes is steady enough to be run once
    for number in range(rounds if inbox.count <= 10_000 else 1):
        say(f"store: {inbox.count:,} documents as {inbox.form}, cold")
        workspace = scratch / str(number)
        cold.append(_counted(measure("load", workspace=workspace, inbox=inbox.path), inbox.count))
        _look_into(workspace, documents=inbox.count)
    yield LoadRow(inbox.form, "cold", inbox.count, inbox.bytes, middle(cold))
    added = max(inbox.count // 100, 1)
    say(f"store: {added:,} more, then nothing new")
    try:
        inbox.add(added)
        more = _counted(measure("load", workspace=workspace, inbox=inbox.path), added)
        _look_into(workspace, documents=inbox.count + added)
        yield LoadRow(inbox.form, "1 % new", inbox.count, inbox.bytes * added // inbox.count, more)
        unchanged = [
            _counted(measure("load", workspace=workspace, inbox=inbox.path), inbox.count + added)
            for _ in range(rounds)
        ]
    finally:
        inbox.as_it_was()
    if any(run.said["mode"] != "unchanged" for run in unchanged):
        raise SystemExit(f"{inbox.path}: something was new although nothing was")
    yield LoadRow(inbox.form, "unchanged", inbox.count, 0, middle(unchanged))


def _counted(run: Measured, count: int) -> Measured:
    return Measured(run.cpu, run.wall, run.peak, count, run.said)


def _look_into(workspace: Path, *, documents: int) -> None:
    """A fast load that lost something is no load."""
    held = measure("counting", workspace=workspace).said["documents"]
    if held != documents:
        raise SystemExit(f"the store holds {held} documents, and {documents} came")


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="work-", dir=folder) as scratch:
        yield Path(scratch)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.xml", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="10,000 documents, about two minutes")
    parser.add_argument(
        "--documents",
        type=int,
        nargs="+",
        metavar="N",
        help="sizes of the folder trees instead of the plan's",
    )
    parser.add_argument(
        "--archived", type=int, nargs="*", metavar="N", help="documents in archives, likewise"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="documents that each reader reads")
    parser.add_argument("--rounds", type=int, metavar="N", help="runs of each reader and stage")
    parser.add_argument("--folder", type=Path, help="where documents are made and kept (a temporary one)")
    parser.add_argument("--report", type=Path, default=REPORT, help="the page whose tables are replaced")
    given = parser.parse_args(arguments)
    usual = QUICK if given.quick else FULL
    changes = (given.documents, given.archived, given.sample, given.rounds)
    plan = Plan(
        usual.name if all(change is None for change in changes) else f"changed {usual.name}",
        usual.trees if given.documents is None else given.documents,
        usual.archives if given.archived is None else given.archived,
        given.sample or usual.sample,
        given.rounds or usual.rounds,
    )
    started = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.0f} s  {what}\n")

    folder = given.folder or Path(tempfile.gettempdir()) / "confere-benchmark"
    sys.stdout.write(write_report(run(plan, folder, say=say), given.report))


if __name__ == "__main__":
    main()
