"""Plays one act after another: chooses branch and moment, makes the document, lets it live, plants its fault.

What is forced is in script.py, what a life or a fault does in stories.py and faults.py; nothing is written
here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from simulation.clock import AS_OF, Timeline
from simulation.documents import Document, DocumentMaker
from simulation.erp.keeping import Keeping
from simulation.faults import PLANTERS, Case, Planted
from simulation.finance import Booking, book
from simulation.script import Scene, draw_scene
from simulation.stories import LifeName, Posting, Story, begin, live

# Lives after which the goods are still there, to be returned or carried.
_LASTING = frozenset({
    LifeName.ORDINARY, LifeName.PRE_NOTE, LifeName.BLOCKED, LifeName.HELD, LifeName.MANIFESTED,
    LifeName.CORRECTED, LifeName.ROUNDED, LifeName.REPOSTED,
})  # fmt: skip
_NIGHT_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Act:
    """A story, the money behind it, and the fault that was planted into it, if any."""

    story: Story
    bookings: Sequence[Booking]
    cause: str | None = None
    planted: Planted | None = None


class World:
    """The group in motion. Acts must be played in order; ``rng`` is the stream of the act that is on."""

    def __init__(self, timeline: Timeline, keeping: Keeping, scenes: Mapping[int, Scene], seed: int) -> None:
        self.rng = Random()  # noqa: S311 - a simulation must repeat
        # Money has a stream of its own, so that it changes nothing in the documents.
        self._money = Random()  # noqa: S311 - a simulation must repeat
        self._timeline = timeline
        self._keeping = keeping
        self._group = group = keeping.group
        self._scenes = scenes
        self._seed = seed
        self._maker = DocumentMaker(group)

    def play(self, number: int) -> Act:
        """Play an act."""
        rng = self.rng
        rng.seed((self._seed << 40) + number)
        self._money.seed((self._seed << 40) + (1 << 39) + number)
        moment = self._timeline.moment(number, rng.random())
        branches = self._group.branches
        scene = self._scenes.get(number)
        fault = scene.fault if scene else None
        if scene is None:
            scene = draw_scene(rng)
            moment = self._at_night(moment)
        elif scene.is_before_activation:
            branches = tuple(branch for branch in branches if branch.activated_on > moment.date())
        else:
            able = fault.branches if fault else branches
            branches = tuple(branch for branch in able if branch.activated_on < moment.date())
            if scene.is_at_the_end:
                moment = (AS_OF - timedelta(hours=9)).replace(tzinfo=None)
        shape = scene.shape
        if shape.status == "150" and moment.date() > AS_OF.date() - timedelta(days=4):
            # Authorised too late to lie before the as-of.
            shape = replace(shape, status="100")
        document = self._maker.make(shape, act=number, branch=rng.choice(branches), moment=moment, rng=rng)
        story = begin(document, rng=rng)
        if fault:
            elsewhere = self._keeping.elsewhere(fault.cause, fault.variant, document.branch)
            case = Case(fault.variant.name, fault.order, rng, self._maker, elsewhere)
            planted = PLANTERS[fault.cause].plant(story, case)
            return Act(story, book(story, rng=self._money), fault.cause, planted)
        # What its ERP has no word for becomes what it can tell.
        life = self._keeping.of(document.branch).system.lives.get(scene.life, scene.life)
        lived = live(story, life, rng=rng)
        if story.postings and (life in _LASTING or not lived):
            self._maker.remember(document, rng)
        return Act(story, book(story, rng=self._money))

    def keyless_note(self, document: Document) -> Posting:
        """Make a note without key, a service or paper, that a document's branch posts on the same day."""
        supplier = self.rng.choice(self._group.partners.service_suppliers)
        amount = 5_000 + int(self.rng.random() * 300_000)
        at = document.issued_at.astimezone(document.branch.party.place.zone)
        return Posting(
            document=None,
            branch=document.branch,
            is_entry=True,
            partner=supplier,
            number=f"{document.act + 1:09d}",
            series="U",
            access_key="",
            species="NF" if self.rng.random() < 0.25 else "NFS",
            issued_on=at.date(),
            posted_at=at,
            goods=amount,
            amount=amount,
            freight=0,
            discount=0,
            icms=0,
            ipi=0,
        )

    def _at_night(self, moment: datetime) -> datetime:
        """Move a few documents into the night, when it is already the next day in UTC."""
        if self.rng.random() > _NIGHT_SHARE or moment.date() >= AS_OF.date() - timedelta(days=1):
            return moment
        return moment.replace(hour=21 + moment.minute % 3)
