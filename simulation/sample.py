"""The whole simulated workspace, in one pass over its acts: each is played, posted and delivered.

Every byte follows from the seed and the options. A document has its own random stream; the pass keeps only
counters, so memory does not grow with the number of documents. The pieces are in their own modules; nothing
is decided here.
"""

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from simulation.clock import AS_OF, Timeline
from simulation.companies import build_group
from simulation.delivery import Delivery
from simulation.erp import SYSTEMS
from simulation.erp.keeping import Keeping
from simulation.erp.system import Keys
from simulation.errors import SimulationError
from simulation.faults import PLANTERS, Faults
from simulation.finance import Booking
from simulation.script import open_timeline, stage
from simulation.settings import settings_text
from simulation.truth import EntityType, TruthRow, write_truth
from simulation.world import Act, World

Progress = Callable[[int, int], None]
"""Called now and then with the documents made and the documents there will be."""

DEFAULT_ERPS = tuple(SYSTEMS)
"""The ERPs of a world that asks for none."""

_ACTS_PER_REPORT = 500
# Every n-th act the branch also posts a note without key: a service invoice or, now and then, a paper note.
_ACTS_PER_KEYLESS_NOTE = 40
_SETTINGS_FILE = "confere.yml"


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What was written: documents and events, files in the inbox, rows by ERP table, faults by cause."""

    target: Path
    as_of: datetime
    documents: int
    events: int
    inbox_files: int
    erp_rows: Mapping[str, Mapping[str, int]]
    faults: Mapping[str, int]


def read_faults(path: Path) -> Mapping[str, int]:
    """Read how many faults of each cause to plant from a CSV with the columns ``cause`` and ``count``.

    Raises SimulationError, with file and line, for a missing column, an unknown cause or a count that is
    none.
    """
    counts: Counter[str] = Counter()
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"cause", "count"} <= set(reader.fieldnames or ()):
            raise SimulationError(f"{path}:1: the columns must be cause,count")
        for row in reader:
            place = f"{path}:{reader.line_num}"
            cause, count = (row["cause"] or "").strip(), (row["count"] or "").strip()
            if cause not in PLANTERS:
                raise SimulationError(f"{place}: unknown cause {cause!r}; known are {', '.join(PLANTERS)}")
            if not count.isdecimal():
                raise SimulationError(f"{place}: count must be a whole number, not {count!r}")
            counts[cause] += int(count)
    return counts


def generate(
    target: Path,
    *,
    documents: int = 2_000,
    months: int = 3,
    seed: int = 1,
    faults: Faults = "all",
    erps: Sequence[str] = DEFAULT_ERPS,
    progress: Progress | None = None,
) -> SampleReport:
    """Write a simulated workspace into ``target``, which must not hold one yet.

    ``documents`` counts access keys with XML, those of homologação included; they spread over the ``months``
    calendar months that end on 30 November 2026. ``erps`` share the branches of the group in turn. ``faults``
    says what to plant; ``truth/faults.parquet`` tells what was planted. Raises SimulationError for an option
    that cannot be met. A failure leaves no confere.yml behind.
    """
    _check(target, documents=documents, months=months, seed=seed, erps=erps)
    rng = Random(seed)  # noqa: S311 - a simulation must repeat
    first_day = Timeline.until_as_of(months=months, acts=documents).first
    group = build_group(first_day=first_day, documents=documents, rng=rng)
    keeping = Keeping(group, [SYSTEMS[erp] for erp in erps])
    timeline, planned = open_timeline(documents=documents, months=months, faults=faults, keeping=keeping)
    scenes = stage(timeline, keeping, planned, rng=rng)
    world = World(timeline, keeping, scenes, seed)
    truth: list[TruthRow] = []
    delivered = events = 0
    delivery = Delivery(target / "inbox" / "xml", documents=documents)
    exports = {erp: SYSTEMS[erp].open(target / "exports" / erp, keeping) for erp in erps}

    def keep(booking: Booking) -> Keys:
        return exports[keeping.of(booking.posting.branch).system.name].write(booking)

    with ExitStack() as closing:
        closing.callback(delivery.close)
        for export in exports.values():
            closing.callback(export.close)
        for number in range(timeline.acts):
            act = world.play(number)
            story = act.story
            delivery.deliver(story, rng=world.rng)
            keys = [keep(booking) for booking in act.bookings]
            for export in exports.values():
                export.hear(story)
            if act.planted:
                truth.append(_truth_row(act, keys))
            if number % _ACTS_PER_KEYLESS_NOTE == _ACTS_PER_KEYLESS_NOTE // 2:
                keep(Booking(world.keyless_note(story.document)))
            if story.is_delivered:
                delivered += 1
                events += len(story.events)
            if progress and number % _ACTS_PER_REPORT == 0:
                progress(delivered, documents)
    write_truth(truth, target / "truth" / "faults.parquet")
    # Last, so that a world that was never finished is no workspace.
    (target / _SETTINGS_FILE).write_text(settings_text(keeping), encoding="utf-8")
    if progress:
        progress(delivered, documents)
    return SampleReport(
        target=target,
        as_of=AS_OF,
        documents=delivered,
        events=events,
        inbox_files=delivery.files,
        erp_rows={erp: export.rows for erp, export in exports.items()},
        faults=Counter(fault.cause for fault in planned),
    )


def _check(target: Path, *, documents: int, months: int, seed: int, erps: Sequence[str]) -> None:
    unknown = [erp for erp in erps if erp not in SYSTEMS]
    if unknown or not erps:
        raise SimulationError(f"unknown ERP {', '.join(unknown) or '(none)'}; known are {', '.join(SYSTEMS)}")
    if len(set(erps)) < len(erps):
        raise SimulationError("an ERP can be named only once")
    for name, value, least in (("documents", documents, 1), ("months", months, 1), ("seed", seed, 0)):
        if value < least:
            raise SimulationError(f"{name} must be at least {least}, not {value}")
    if (target / _SETTINGS_FILE).exists():
        raise SimulationError(f"{target} is a workspace already; choose an empty folder")


def _truth_row(act: Act, keys: Sequence[Keys]) -> TruthRow:
    assert act.planted is not None  # noqa: S101 - the caller asked
    assert act.cause is not None  # noqa: S101
    document, planted = act.story.document, act.planted
    entity_type: EntityType = "document"
    entity_key = document.access_key
    if planted.posting:
        native = keys[act.story.postings.index(planted.posting)]
        entity_type = "record" if planted.is_order else "erp_document"
        entity_key = native.order if planted.is_order else native.note
    return TruthRow(
        cause=act.cause,
        entity_type=entity_type,
        entity_key=entity_key,
        company_cnpj=document.branch.party.tax_id,
        amount=planted.amount,
        note=planted.note,
    )
