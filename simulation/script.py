"""Which document stands where: the scenes that every world must have, and the draw for all other documents.

A scene forces the shape and life of one act, so that each fault and each legal oddity exists whatever the
seed, and a fault always finds a document that suits it, in a branch whose ERP shows it. Nothing is made here;
documents.py and stories.py do that.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import accumulate, islice
from random import Random
from typing import Generic, TypeVar

from simulation.clock import AS_OF, Timeline
from simulation.companies import Branch
from simulation.documents import Kind, Shape
from simulation.erp.keeping import Keeping, Place
from simulation.errors import SimulationError
from simulation.faults import PLANTERS, Faults, Variant
from simulation.stories import LifeName

T = TypeVar("T")

# Far behind every deadline (five business days, at most), and time enough for the events of a fault.
_SETTLED = timedelta(days=24)
# With fewer documents a fault of each cause is enough; from here on every variant appears.
_MANY = 500
_FAULTS_PER_DOCUMENT = 0.002


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault to be planted: the cause, its variant, the branches where it shows, how many came before it."""

    cause: str
    variant: Variant
    branches: tuple[Branch, ...]
    order: int


@dataclass(frozen=True, slots=True)
class Scene:
    """What an act must show: a document of a shape, with a life, perhaps with a fault."""

    shape: Shape
    life: LifeName = LifeName.ORDINARY
    fault: Fault | None = None
    is_before_activation: bool = False
    is_at_the_end: bool = False


class Choice(Generic[T]):
    """A weighted choice from one random number."""

    __slots__ = ("_ends", "_values")

    def __init__(self, weights: Sequence[tuple[T, float]]) -> None:
        self._values = [value for value, _ in weights]
        self._ends = list(accumulate(weight for _, weight in weights))

    def draw(self, rng: Random) -> T:
        """Return a value."""
        return self._values[bisect(self._ends, rng.random() * self._ends[-1])]


_WITH_A_NOTE = (
    (LifeName.ORDINARY, 60.0),
    (LifeName.PRE_NOTE, 9.0),
    (LifeName.BLOCKED, 5.0),
    (LifeName.HELD, 3.0),
    (LifeName.MANIFESTED, 12.0),
    (LifeName.ROUNDED, 4.0),
    (LifeName.REPOSTED, 2.0),
    (LifeName.CORRECTED, 1.5),
    (LifeName.CANCELLED, 1.5),
    (LifeName.CANCELLED_LATE, 0.5),
    (LifeName.REFUSED, 0.5),
    (LifeName.UNDONE, 0.5),
)
_LIVES: Mapping[Kind, Choice[LifeName]] = {
    Kind.PURCHASE: Choice(_WITH_A_NOTE),
    Kind.SALE: Choice((
        (LifeName.ORDINARY, 93.0), (LifeName.CANCELLED, 3.0), (LifeName.CANCELLED_LATE, 1.0),
        (LifeName.CORRECTED, 2.0), (LifeName.CANCELLATION_REJECTED, 0.8), (LifeName.DENIED, 0.2),
    )),
    Kind.FREIGHT: Choice((
        (LifeName.ORDINARY, 82.0), (LifeName.PRE_NOTE, 6.0), (LifeName.ROUNDED, 4.0),
        (LifeName.REPOSTED, 2.0), (LifeName.CANCELLED, 2.0), (LifeName.DISAGREED, 2.0),
        (LifeName.DISAGREEMENT_REVOKED, 2.0),
    )),
}  # fmt: skip
_KINDS: Choice[Shape] = Choice((
    (Shape(Kind.PURCHASE), 37.0),
    (Shape(Kind.SALE), 34.0),
    (Shape(Kind.TRANSFER), 6.0),
    (Shape(Kind.ENTRY), 2.0),
    (Shape(Kind.PURCHASE_RETURN), 2.0),
    (Shape(Kind.SALE_RETURN), 2.0),
    (Shape(Kind.FREIGHT), 9.0),
    (Shape(Kind.FREIGHT, taker="4"), 2.0),
    (Shape(Kind.CARRIED), 3.0),
    (Shape(Kind.PURCHASE, status="150"), 0.5),
    (Shape(Kind.SALE, status="150"), 0.5),
    (Shape(Kind.SALE, environment="2"), 1.0),
    (Shape(Kind.PURCHASE, environment="2"), 0.5),
))  # fmt: skip

# The legal life that every world shows at least once, most telling first: a tiny world keeps as many as fit.
_SCENES: tuple[Scene, ...] = (
    Scene(Shape(Kind.PURCHASE), LifeName.PRE_NOTE),
    Scene(Shape(Kind.SALE), LifeName.CANCELLED),
    Scene(Shape(Kind.PURCHASE), LifeName.REPOSTED),
    Scene(Shape(Kind.PURCHASE), LifeName.CANCELLED),
    Scene(Shape(Kind.FREIGHT), LifeName.DISAGREED),
    Scene(Shape(Kind.SALE), LifeName.CANCELLATION_REJECTED),
    Scene(Shape(Kind.PURCHASE), LifeName.REFUSED),
    Scene(Shape(Kind.PURCHASE), LifeName.BLOCKED),
    Scene(Shape(Kind.PURCHASE), LifeName.HELD),
    Scene(Shape(Kind.PURCHASE), LifeName.ROUNDED),
    Scene(Shape(Kind.PURCHASE), LifeName.MANIFESTED),
    Scene(Shape(Kind.PURCHASE), LifeName.UNDONE),
    Scene(Shape(Kind.PURCHASE), LifeName.CORRECTED),
    Scene(Shape(Kind.SALE), LifeName.CANCELLED_LATE),
    Scene(Shape(Kind.SALE, status="302"), LifeName.DENIED),
    Scene(Shape(Kind.SALE, environment="2")),
    Scene(Shape(Kind.TRANSFER)),
    Scene(Shape(Kind.ENTRY)),
    Scene(Shape(Kind.PURCHASE_RETURN)),
    Scene(Shape(Kind.SALE_RETURN)),
    Scene(Shape(Kind.FREIGHT)),
    Scene(Shape(Kind.FREIGHT, taker="4")),
    Scene(Shape(Kind.FREIGHT), LifeName.DISAGREEMENT_REVOKED),
    Scene(Shape(Kind.FREIGHT), LifeName.CANCELLED),
    Scene(Shape(Kind.CARRIED)),
    Scene(Shape(Kind.PURCHASE, with_letters=True)),
    Scene(Shape(Kind.SALE, with_person=True)),
    Scene(Shape(Kind.PURCHASE, status="150")),
)
_FIRST_SCENES: tuple[Scene, ...] = (
    Scene(Shape(Kind.PURCHASE), LifeName.IGNORED_BEFORE_ACTIVATION, is_before_activation=True),
    Scene(Shape(Kind.PURCHASE), is_before_activation=True),
)
_LAST_SCENES: tuple[Scene, ...] = (
    Scene(Shape(Kind.PURCHASE), LifeName.JUST_QUEUED, is_at_the_end=True),
    Scene(Shape(Kind.FREIGHT), LifeName.JUST_QUEUED, is_at_the_end=True),
)


def open_timeline(
    *, documents: int, months: int, faults: Faults, keeping: Keeping
) -> tuple[Timeline, list[Fault]]:
    """Lay out the days of a world and say which faults it holds.

    Raises SimulationError when a cause is unknown, when no ERP of the world can show it, or when more faults
    are asked for than documents lie behind every deadline; ``all`` gives way instead, and leaves out what
    cannot be and the last causes of the catalogue.
    """
    timeline = Timeline.until_as_of(months=months, acts=documents)
    room, late_room = len(_settled(timeline)), len(_late(timeline, keeping))
    planned: list[Fault] = []
    for cause, count in _counts(faults, documents, keeping).items():
        places = keeping.places(PLANTERS[cause])
        if not places:
            # Only where it was asked for: ``all`` asks for nothing that shows nowhere.
            reasons = keeping.blindness(PLANTERS[cause])
            raise SimulationError(f"{cause} cannot be planted, no ERP of this world shows it ({reasons})")
        some = list(_some_faults(cause, count, places, timeline, late_room))
        if len(planned) + len(some) <= room and len(some) == count:
            planned += some
            late_room -= sum(_needs_late(fault.branches, timeline) for fault in some)
        elif faults != "all":
            raise SimulationError(
                f"{count} faults do not fit: of {documents} documents over {months} months only {room} lie "
                "far enough behind every deadline. Ask for more documents or fewer faults."
            )
    # Documents that are never delivered are made on top of those that are.
    undelivered = sum(not fault.variant.leaves_xml for fault in planned)
    return Timeline.until_as_of(months=months, acts=documents + undelivered), planned


def _some_faults(
    cause: str, count: int, places: Sequence[Place], timeline: Timeline, late_room: int
) -> Iterator[Fault]:
    """Yield the faults of a cause, fewer where its ERPs have no room for more."""
    early = [place for place in places if not _needs_late(place.branches, timeline)]
    rotation = _rotation(places if late_room >= count else early)
    for order, place in enumerate(islice(rotation, count)):
        yield Fault(cause, place.variant, place.branches, order)


def stage(timeline: Timeline, keeping: Keeping, faults: Sequence[Fault], *, rng: Random) -> dict[int, Scene]:
    """Decide at which act every scene stands; acts that are not in the result are drawn freely."""
    late_faults = [fault for fault in faults if _needs_late(fault.branches, timeline)]
    late_positions = rng.sample(_late(timeline, keeping), len(late_faults))
    other_faults = [fault for fault in faults if not _needs_late(fault.branches, timeline)]
    settled, taken = _settled(timeline), set(late_positions)
    wanted = len(faults) + len(_SCENES)
    drawn = rng.sample(settled, min(wanted + len(taken), len(settled)))
    positions = (position for position in drawn if position not in taken)
    scenes = {
        position: Scene(fault.variant.shape, fault=fault)
        for position, fault in zip(late_positions, late_faults, strict=True)
    }
    scenes.update(
        zip(
            positions,
            (*(Scene(fault.variant.shape, fault=fault) for fault in other_faults), *_SCENES),
            strict=False,
        )
    )
    last_activation = max(company.activated_on for company in keeping.group.companies)
    early = timeline.acts_between(timeline.first, last_activation - timedelta(days=1))
    scenes.update(zip((act for act in early if act not in scenes), _FIRST_SCENES, strict=False))
    at_the_end = reversed(range(settled.stop, timeline.acts))
    scenes.update(zip(at_the_end, _LAST_SCENES, strict=False))
    return scenes


def _counts(faults: Faults, documents: int, keeping: Keeping) -> dict[str, int]:
    if faults == "none":
        return {}
    if faults == "all":
        share = int(documents * _FAULTS_PER_DOCUMENT)
        return {
            cause: 1 if documents < _MANY else max(2, _enough(keeping.places(planter)), share)
            for cause, planter in PLANTERS.items()
            if keeping.places(planter)
        }
    unknown = sorted(set(faults) - set(PLANTERS))
    if unknown:
        raise SimulationError(f"unknown cause {', '.join(unknown)}; known are {', '.join(PLANTERS)}")
    if any(count < 0 for count in faults.values()):
        raise SimulationError("a cause cannot be planted less than zero times")
    # In the order of the catalogue, so that the order of the lines of a file changes nothing.
    return {cause: faults[cause] for cause in PLANTERS if faults.get(cause)}


def _rotation(places: Sequence[Place]) -> Iterator[Place]:
    """Yield places without end, so that all variants and all ERPs come early and equally often."""
    variants, systems, pairs = Counter[str](), Counter[str](), Counter[tuple[str, str]]()

    def burden(place: Place) -> tuple[int, int]:
        variant, system = place.variant.name, place.system.name
        return variants[variant] + systems[system], pairs[variant, system]

    while places:
        place = min(places, key=burden)
        variants[place.variant.name] += 1
        systems[place.system.name] += 1
        pairs[place.variant.name, place.system.name] += 1
        yield place


def _enough(places: Sequence[Place]) -> int:
    """Return how many faults it takes until every variant and every ERP that shows the cause has one."""
    missing = {place.variant.name for place in places} | {place.system.name for place in places}
    for count, place in enumerate(_rotation(places), start=1):
        missing -= {place.variant.name, place.system.name}
        if not missing:
            return count
    return 0


def _needs_late(branches: Sequence[Branch], timeline: Timeline) -> bool:
    """Tell whether none of some branches is activated from the first day on."""
    return all(branch.activated_on >= timeline.first for branch in branches)


def _late(timeline: Timeline, keeping: Keeping) -> range:
    """Return the settled acts at which every branch is activated."""
    last_activation = max(company.activated_on for company in keeping.group.companies)
    return timeline.acts_between(last_activation + timedelta(days=1), AS_OF.date() - _SETTLED)


def _settled(timeline: Timeline) -> range:
    return timeline.acts_between(timeline.first, AS_OF.date() - _SETTLED)


def draw_scene(rng: Random) -> Scene:
    """Draw the scene of an act that has none of its own."""
    shape = _KINDS.draw(rng)
    lives = _LIVES.get(shape.kind) if shape.environment == "1" else None
    life = lives.draw(rng) if lives else LifeName.ORDINARY
    if life is LifeName.DENIED:
        shape = replace(shape, status="302")
    return Scene(shape, life)
