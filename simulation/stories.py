"""What happens to a document after its authorisation: postings, queue, events; the lives that are legal.

A story is neutral: it says that a branch posted a note, not in which table. Nothing here is a fault; those
are in faults.py, and what each ERP keeps of a story is in erp/.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from random import Random

from simulation.clock import AS_OF, add_business_days
from simulation.companies import Branch, Party
from simulation.documents import Document, Kind
from simulation.events import MANIFESTATIONS, Event, EventType


class Stage(StrEnum):
    """How far the entry of a note has come, in no ERP's words; an exit is classified when it is made."""

    PRE_NOTE = "pre_note"
    CLASSIFIED = "classified"
    BLOCKED = "blocked"
    HELD = "held"
    DISAGREEMENT_SENT = "disagreement_sent"
    DISAGREED = "disagreed"


@dataclass(frozen=True, slots=True)
class Posting:
    """A fiscal note as an ERP keeps it, entry (``is_entry``) or exit.

    ``is_return`` means that the partner stands in the other register. A note that is HELD is blocked before
    it was classified. Amounts in centavos, instants in the branch's offset.
    """

    document: Document | None
    branch: Branch
    is_entry: bool
    partner: Party
    number: str
    series: str
    access_key: str
    species: str
    issued_on: date
    posted_at: datetime
    goods: int
    amount: int
    freight: int
    discount: int
    icms: int
    ipi: int
    is_return: bool = False
    stage: Stage = Stage.CLASSIFIED
    is_own_form: bool = False
    is_denied: bool = False
    deleted_at: datetime | None = None
    cancelled_on: date | None = None

    @property
    def is_classified(self) -> bool:
        """Tell whether taxes and nature are settled, so that books and payables hold the note."""
        return self.stage not in _UNCLASSIFIED


_UNCLASSIFIED = frozenset({Stage.PRE_NOTE, Stage.HELD})


@dataclass(frozen=True, slots=True)
class Queued:
    """An XML in the import monitor; without ``generated_at`` it is still waiting to become a note."""

    branch: Branch
    imported_at: datetime
    generated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Awareness:
    """What the ERP knows of an NF-e issued against a branch: manifestation (0 none, 1 to 4), situation."""

    branch: Branch
    manifestation: str = "0"
    situation: str = "1"


class Replication(StrEnum):
    """What became of a record that an ERP queued for the platform."""

    SENT = "sent"
    STUCK = "stuck"
    FAILED = "failed"


@dataclass(slots=True)
class Story:
    """A document and all that came of it. Lives and planters change it before it is written.

    With ``voided_at`` its issuer had its number declared void: there is no document, only the proof of that.
    ``replication`` tells how far the order of a sale came on its way to the platform, where an ERP queues it.
    """

    document: Document
    postings: list[Posting] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    queued: Queued | None = None
    awareness: Awareness | None = None
    is_delivered: bool = True
    voided_at: datetime | None = None
    replication: Replication = Replication.SENT

    @property
    def posting(self) -> Posting:
        """Return the first posting (of a transfer the issuer's)."""
        return self.postings[0]

    def change(self, **changes: object) -> None:
        """Replace values of the first posting."""
        self.postings[0] = replace(self.postings[0], **changes)  # type: ignore[arg-type]  # checked by the dataclass

    def register(
        self,
        event_type: EventType,
        *,
        author: Party,
        after: timedelta,
        status: str = "135",
        sequence: int = 1,
        revoked: str = "",
    ) -> Event:
        """Add an event of ``author`` some time after the authorisation; the ERP hears of it."""
        document = self.document
        event = Event(
            document=document,
            type=event_type,
            author_id=author.tax_id,
            at=(document.received_at + after).astimezone(author.place.zone).replace(microsecond=0),
            serial=len(self.events) + 1,
            sequence=sequence,
            status=status,
            revoked_protocol=revoked,
        )
        self.events.append(event)
        if self.awareness and event_type in MANIFESTATIONS:
            self.awareness = replace(self.awareness, manifestation=MANIFESTATIONS[event_type])
        if self.awareness and event_type is EventType.CANCELLATION and status != "573":
            self.awareness = replace(self.awareness, situation="3")
        return event


class LifeName(StrEnum):
    """The lives a document of the clean world can have."""

    ORDINARY = "ordinary"
    PRE_NOTE = "pre_note"
    BLOCKED = "blocked"
    HELD = "held"
    REPOSTED = "reposted"
    CANCELLED = "cancelled"
    CANCELLED_LATE = "cancelled_late"
    CANCELLATION_REJECTED = "cancellation_rejected"
    REFUSED = "refused"
    UNDONE = "undone"
    DENIED = "denied"
    MANIFESTED = "manifested"
    CORRECTED = "corrected"
    ROUNDED = "rounded"
    DISAGREED = "disagreed"
    DISAGREED_AND_CANCELLED = "disagreed_and_cancelled"
    DISAGREEMENT_REVOKED = "disagreement_revoked"
    JUST_QUEUED = "just_queued"
    IGNORED_BEFORE_ACTIVATION = "ignored_before_activation"


@dataclass(frozen=True, slots=True)
class Life:
    """How a life changes the ordinary story, and how many days it takes until its last event."""

    days: int
    tell: Callable[[Story, Random], None]


def begin(document: Document, *, rng: Random) -> Story:
    """Tell the ordinary story: posted within three business days, known to the ERP where it is the recipient.

    A plain document is posted within two days, by hand and classified, so that a fault stands alone on it.
    """
    story = Story(document)
    if document.shape.environment != "1":
        return story
    is_plain = document.shape.is_plain
    kind = document.kind
    if kind in (Kind.SALE, Kind.PURCHASE_RETURN, Kind.TRANSFER):
        story.postings.append(_exit(document))
    elif kind is Kind.ENTRY:
        story.postings.append(_entry(document, document.branch, document.issued_at))
    elif kind is not Kind.CARRIED:
        _receive(story, document.branch, rng, is_plain=is_plain)
    if document.other_branch and kind is Kind.TRANSFER:
        _receive(story, document.other_branch, rng, is_plain=True)
    return story


def _receive(story: Story, branch: Branch, rng: Random, *, is_plain: bool) -> None:
    document = story.document
    if document.model == "55":
        story.awareness = Awareness(branch)
    chance = rng.random()
    delay = int(chance * (3 if is_plain else 4))
    posted_at = _posted_at(document, branch, delay, rng)
    if posted_at > AS_OF:
        return
    if not is_plain and document.issued_at.date() < branch.activated_on and rng.random() < 0.3:
        return
    story.postings.append(_entry(document, branch, posted_at))
    if not is_plain and rng.random() < 0.4:
        received = document.received_at.astimezone(branch.party.place.zone)
        story.queued = Queued(branch, received + (posted_at - received) / 2, posted_at)


def _posted_at(document: Document, branch: Branch, delay: int, rng: Random) -> datetime:
    received = document.received_at.astimezone(branch.party.place.zone)
    day = add_business_days(received.date(), delay)
    if day == received.date() and received.hour >= 19:
        day = add_business_days(day, 1)
    if day == received.date():
        return received + timedelta(minutes=20 + int(rng.random() * 30))
    opening = datetime.combine(day, time(8), received.tzinfo)
    return opening + timedelta(seconds=int(rng.random() * 9 * 3600))


def _entry(document: Document, branch: Branch, posted_at: datetime) -> Posting:
    totals = document.totals
    return Posting(
        document=document,
        branch=branch,
        is_entry=True,
        partner=document.issuer if document.issuer is not branch.party else document.recipient,
        number=f"{document.number:09d}",
        series=document.series,
        access_key=document.access_key,
        species="CTE" if document.model == "57" else "SPED",
        issued_on=document.issued_at.date(),
        posted_at=posted_at.astimezone(branch.party.place.zone),
        goods=totals.goods,
        amount=totals.amount,
        freight=totals.freight,
        discount=totals.discount,
        icms=totals.icms,
        ipi=totals.ipi,
        is_return=document.kind is Kind.SALE_RETURN,
        is_own_form=document.kind is Kind.ENTRY,
    )


def _exit(document: Document) -> Posting:
    totals = document.totals
    return Posting(
        document=document,
        branch=document.branch,
        is_entry=False,
        partner=document.recipient,
        number=f"{document.number:09d}",
        series=document.series,
        access_key=document.access_key,
        species="SPED",
        issued_on=document.issued_at.date(),
        posted_at=document.issued_at,
        goods=totals.goods,
        amount=totals.amount,
        freight=totals.freight,
        discount=totals.discount,
        icms=totals.icms,
        ipi=totals.ipi,
        is_return=document.kind is Kind.PURCHASE_RETURN,
    )


# --- lives


def _ordinary(_story: Story, _rng: Random) -> None:
    return


def _pre_note(story: Story, _rng: Random) -> None:
    if story.postings:
        story.change(stage=Stage.PRE_NOTE)


def _blocked(story: Story, _rng: Random) -> None:
    if story.postings:
        story.change(stage=Stage.BLOCKED)


def _held(story: Story, _rng: Random) -> None:
    if story.postings:
        story.change(stage=Stage.HELD)


def _reposted(story: Story, rng: Random) -> None:
    if story.postings:
        first = story.posting
        deleted_at = first.posted_at + timedelta(hours=2, seconds=int(rng.random() * 3600))
        again = replace(first, posted_at=deleted_at + timedelta(minutes=15))
        story.postings[:] = [replace(first, deleted_at=deleted_at), again]


def _cancelled(story: Story, rng: Random, *, status: str = "135") -> None:
    document = story.document
    hours = 2 + rng.random() * 18 if status == "135" else 30 + rng.random() * 20
    event = story.register(
        EventType.CANCELLATION, author=document.issuer, after=timedelta(hours=hours), status=status
    )
    if document.is_issued:
        story.change(deleted_at=event.at + timedelta(minutes=10), cancelled_on=event.at.date())
    else:
        story.postings.clear()
        story.queued = None


def _cancelled_late(story: Story, rng: Random) -> None:
    _cancelled(story, rng, status="155")


def _cancellation_rejected(story: Story, _rng: Random) -> None:
    story.register(
        EventType.CANCELLATION, author=story.document.issuer, after=timedelta(hours=40), status="573"
    )


def _refused(story: Story, _rng: Random) -> None:
    # The recipient refuses the goods and the supplier takes the note back, so nobody has to post it.
    story.postings.clear()
    story.queued = None
    story.register(EventType.REFUSAL, author=story.document.recipient, after=timedelta(hours=30))
    story.register(
        EventType.CANCELLATION, author=story.document.issuer, after=timedelta(hours=60), status="155"
    )


def _undone(story: Story, _rng: Random) -> None:
    if not story.postings:
        return
    story.queued = None
    event = story.register(
        EventType.CANCELLATION, author=story.document.issuer, after=timedelta(days=9), status="155"
    )
    zone = story.posting.branch.party.place.zone
    story.change(deleted_at=event.at.astimezone(zone) + timedelta(hours=3))


def _denied(story: Story, _rng: Random) -> None:
    story.postings.clear()


def _manifested(story: Story, rng: Random) -> None:
    recipient = story.document.recipient
    story.register(EventType.AWARENESS, author=recipient, after=timedelta(hours=3))
    if rng.random() < 0.6:
        story.register(EventType.CONFIRMATION, author=recipient, after=timedelta(days=6))


def _corrected(story: Story, _rng: Random) -> None:
    for sequence in (1, 2):
        story.register(
            EventType.CORRECTION,
            author=story.document.issuer,
            after=timedelta(hours=5 * sequence),
            sequence=sequence,
        )


def _rounded(story: Story, rng: Random) -> None:
    if story.postings and story.posting.icms > 1:
        story.change(icms=story.posting.icms + (1 if rng.random() < 0.5 else -1))


def _disagreed(story: Story, rng: Random) -> None:
    assert story.document.freight is not None  # noqa: S101 - only a freight has this life
    story.register(EventType.DISAGREEMENT, author=story.document.freight.taker, after=timedelta(days=6))
    if story.postings:
        story.change(stage=Stage.DISAGREED if rng.random() < 0.7 else Stage.DISAGREEMENT_SENT)


def _disagreed_and_cancelled(story: Story, _rng: Random) -> None:
    # Where the ERP has no word for it, the entry is taken out; the carrier gives in and cancels.
    assert story.document.freight is not None  # noqa: S101 - only a freight has this life
    event = story.register(
        EventType.DISAGREEMENT, author=story.document.freight.taker, after=timedelta(days=4)
    )
    story.register(EventType.CANCELLATION, author=story.document.issuer, after=timedelta(days=6))
    story.queued = None
    if story.postings and story.posting.posted_at < event.at:
        zone = story.posting.branch.party.place.zone
        story.change(deleted_at=event.at.astimezone(zone) + timedelta(hours=1))
    else:
        story.postings.clear()


def _disagreement_revoked(story: Story, _rng: Random) -> None:
    assert story.document.freight is not None  # noqa: S101 - only a freight has this life
    taker = story.document.freight.taker
    event = story.register(EventType.DISAGREEMENT, author=taker, after=timedelta(days=6))
    story.register(
        EventType.DISAGREEMENT_REVOKED, author=taker, after=timedelta(days=8), revoked=event.protocol
    )


def _just_queued(story: Story, rng: Random) -> None:
    # In the import monitor for one to two hours only: not late, and not yet a note.
    story.postings.clear()
    branch = story.document.branch
    imported_at = (AS_OF - timedelta(minutes=60 + int(rng.random() * 60))).astimezone(branch.party.place.zone)
    story.queued = Queued(branch, imported_at, None)


def _ignored_before_activation(story: Story, _rng: Random) -> None:
    story.postings.clear()
    story.queued = None


LIVES: Mapping[LifeName, Life] = {
    LifeName.ORDINARY: Life(0, _ordinary),
    LifeName.PRE_NOTE: Life(0, _pre_note),
    LifeName.BLOCKED: Life(0, _blocked),
    LifeName.HELD: Life(0, _held),
    LifeName.REPOSTED: Life(9, _reposted),
    LifeName.CANCELLED: Life(2, _cancelled),
    LifeName.CANCELLED_LATE: Life(4, _cancelled_late),
    LifeName.CANCELLATION_REJECTED: Life(4, _cancellation_rejected),
    LifeName.REFUSED: Life(5, _refused),
    LifeName.UNDONE: Life(13, _undone),
    LifeName.DENIED: Life(0, _denied),
    LifeName.MANIFESTED: Life(9, _manifested),
    LifeName.CORRECTED: Life(2, _corrected),
    LifeName.ROUNDED: Life(0, _rounded),
    LifeName.DISAGREED: Life(9, _disagreed),
    LifeName.DISAGREED_AND_CANCELLED: Life(9, _disagreed_and_cancelled),
    LifeName.DISAGREEMENT_REVOKED: Life(11, _disagreement_revoked),
    LifeName.JUST_QUEUED: Life(0, _just_queued),
    LifeName.IGNORED_BEFORE_ACTIVATION: Life(0, _ignored_before_activation),
}
"""The catalogue of lives; which document has which is decided by script.py."""


def live(story: Story, name: LifeName, *, rng: Random) -> bool:
    """Let a story take a life if it ends before the as-of; tell whether it did."""
    life = LIVES[name]
    if story.document.issued_at.astimezone(UTC) + timedelta(days=life.days) > AS_OF:
        return False
    life.tell(story, rng)
    return True
