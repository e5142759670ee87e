"""The faults that can be planted, one planter per cause, registered in PLANTERS, and the truth each leaves.

A planter gets an ordinary story of the shape it asked for, long past every deadline and inside the
activation, breaks it in one way and says what a right ``marts.mismatches`` shows for it. The k-th fault of a
cause is its variant k, modulo the number of its shapes. To add a fault, add a planter; nothing else knows the
causes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from simulation.companies import Branch
from simulation.documents import DocumentMaker, Kind, Shape
from simulation.events import EventType
from simulation.identifiers import key_digit
from simulation.stories import Posting, Queued, Story

Faults = Literal["all", "none"] | Mapping[str, int]
"""Which faults to plant: all causes, none, or how many of each cause."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What a planter did. The entity is the document, or ``posting`` where the ERP row stands for itself.

    ``amount`` in centavos: the document's amount, or ERP minus document where amounts differ.
    """

    amount: int
    note: str
    posting: Posting | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What a planter may look at besides the story: its variant, randomness and the rest of the group."""

    variant: int
    rng: Random
    maker: DocumentMaker

    def another_branch(self, branch: Branch) -> Branch:
        """Return another branch of the same company."""
        return self.rng.choice(self.maker.siblings(branch))


@dataclass(frozen=True, slots=True)
class Planter:
    """How a cause is planted: the document it needs per variant, and what is done to its story."""

    cause: str
    shapes: tuple[Shape, ...]
    plant: Callable[[Story, Case], Planted]


PLANTERS: dict[str, Planter] = {}
"""The catalogue: cause → planter, in the order in which they are defined."""

_PURCHASE = Shape(Kind.PURCHASE, is_plain=True)
_SALE = Shape(Kind.SALE, is_plain=True)
_FREIGHT = Shape(Kind.FREIGHT, is_plain=True)
_FREIGHT_TOMA4 = Shape(Kind.FREIGHT, taker="4", is_plain=True)
_ENTRY = Shape(Kind.ENTRY, is_plain=True)


def _planter(
    cause: str, *shapes: Shape
) -> Callable[[Callable[[Story, Case], Planted]], Callable[[Story, Case], Planted]]:
    def register(plant: Callable[[Story, Case], Planted]) -> Callable[[Story, Case], Planted]:
        PLANTERS[cause] = Planter(cause, shapes, plant)
        return plant

    return register


@_planter("missing_in_erp", _PURCHASE, _FREIGHT, _SALE, _FREIGHT_TOMA4)
def _missing(story: Story, _case: Case) -> Planted:
    story.postings.clear()
    return Planted(story.document.totals.amount, "authorised and never posted")


@_planter("erp_without_xml", _PURCHASE, _FREIGHT)
def _without_xml(story: Story, _case: Case) -> Planted:
    story.is_delivered = False
    story.awareness = None
    return Planted(story.posting.amount, "posted with a valid key whose XML never arrived", story.posting)


@_planter("deleted_in_erp", _PURCHASE, _FREIGHT)
def _deleted(story: Story, case: Case) -> Planted:
    story.change(deleted_at=_later(story.posting, case))
    return Planted(story.document.totals.amount, "posted, then deleted, and not posted again")


@_planter("cancelled_in_erp_authorised_at_sefaz", _SALE, _ENTRY)
def _cancelled_in_erp(story: Story, case: Case) -> Planted:
    cancelled_at = _later(story.posting, case)
    story.change(deleted_at=cancelled_at, cancelled_on=cancelled_at.date())
    return Planted(
        story.document.totals.amount, "cancelled in the ERP, still authorised at the tax authority"
    )


@_planter("amount_differs", _PURCHASE, _SALE, _FREIGHT)
def _amount(story: Story, case: Case) -> Planted:
    # The very first one is a single centavo: documents have no tolerance.
    difference = 1 if case.variant == 0 else 100 + int(case.rng.random() * 20_000)
    if case.variant % 2 and story.posting.amount > difference:
        difference = -difference
    story.change(amount=story.posting.amount + difference)
    return Planted(difference, "posted with another amount")


@_planter("tax_differs", _PURCHASE, replace(_PURCHASE, with_ipi=True), _FREIGHT, _SALE)
def _tax(story: Story, case: Case) -> Planted:
    # One centavo per item is rounding; the first fault is one centavo more than that.
    tolerated = max(len(story.document.items), 1)
    difference = tolerated + 1 + (0 if case.variant == 0 else 50 + int(case.rng.random() * 5_000))
    if case.variant % len(PLANTERS["tax_differs"].shapes) == 1:
        story.change(ipi=story.posting.ipi + difference)
        return Planted(difference, "posted with another IPI")
    story.change(icms=story.posting.icms + difference)
    return Planted(difference, "posted with another ICMS")


@_planter("company_or_role_differs", _PURCHASE, _FREIGHT)
def _other_branch(story: Story, case: Case) -> Planted:
    story.change(branch=case.another_branch(story.document.branch))
    return Planted(story.document.totals.amount, f"posted in branch {story.posting.branch.code}")


@_planter("posted_twice", _PURCHASE, replace(_PURCHASE, with_stores=True), _PURCHASE, _FREIGHT)
def _twice(story: Story, case: Case) -> Planted:
    first = story.posting
    again = replace(first, posted_at=_later(first, case))
    variant = case.variant % len(PLANTERS["posted_twice"].shapes)
    if variant == 1:
        again, note = replace(again, store="02"), "posted again under another store of the supplier"
    elif variant == 2:
        again = replace(again, branch=case.another_branch(first.branch))
        note = f"posted again in branch {again.branch.code}"
    else:
        again, note = (
            replace(again, series=f"{first.series:0>3}"),
            "posted again with the series spelt otherwise",
        )
    story.postings.append(again)
    return Planted(again.amount, note)


@_planter("cancelled_at_sefaz_active_in_erp", _PURCHASE, _SALE, _FREIGHT)
def _active_though_cancelled(story: Story, case: Case) -> Planted:
    status, hours = ("135", 20) if case.variant % 2 == 0 else ("155", 70)
    if story.document.model == "57":
        status = "135"
    story.register(
        EventType.CANCELLATION, author=story.document.issuer, after=timedelta(hours=hours), status=status
    )
    return Planted(story.document.totals.amount, "cancelled at the tax authority, live in the ERP")


@_planter("wrong_access_key", _PURCHASE, _PURCHASE, _PURCHASE, _FREIGHT)
def _wrong_key(story: Story, case: Case) -> Planted:
    key = story.document.access_key
    variant = case.variant % len(PLANTERS["wrong_access_key"].shapes)
    if variant == 1:
        story.change(access_key="")
        return Planted(story.document.totals.amount, "posted without its key")
    if variant == 2:
        story.change(access_key=case.maker.key_of_another(story.document))
        return Planted(story.document.totals.amount, "posted under the key of another note")
    story.change(access_key=_typo(key, case.rng))
    return Planted(story.document.totals.amount, "posted with a digit of the key mistyped")


@_planter("denied_or_void_number", replace(_SALE, status="302"), _SALE)
def _denied(story: Story, case: Case) -> Planted:
    if case.variant % len(PLANTERS["denied_or_void_number"].shapes) == 1:
        story.is_delivered = False
        story.voided_at = _later(story.posting, case)
        return Planted(story.posting.amount, "its number declared void, live in the ERP", story.posting)
    story.change(is_denied=True)
    return Planted(story.document.totals.amount, "denied by the tax authority, live in the ERP")


@_planter("event_not_applied", _PURCHASE, _FREIGHT, _PURCHASE, _PURCHASE)
def _event(story: Story, case: Case) -> Planted:
    document = story.document
    variant = case.variant % len(PLANTERS["event_not_applied"].shapes)
    # Eight days: the note was posted long before the event.
    after = timedelta(days=8)
    if variant == 1:
        assert document.freight is not None  # noqa: S101 - the shape is a freight
        story.register(EventType.DISAGREEMENT, author=document.freight.taker, after=after)
        note = "freight in disagreement, classified all the same"
    elif variant == 3:
        stale = story.awareness
        story.register(EventType.CONFIRMATION, author=document.recipient, after=after)
        story.awareness = stale
        note = "confirmed at the tax authority, not so in the ERP"
    else:
        refusal = EventType.REFUSAL if variant == 0 else EventType.UNKNOWN_OPERATION
        story.register(refusal, author=document.recipient, after=after)
        note = "refused or not recognised by the recipient, live in the ERP"
    return Planted(document.totals.amount, note)


@_planter("queued_not_extracted", _PURCHASE, _FREIGHT)
def _queued(story: Story, _case: Case) -> Planted:
    branch = story.document.branch
    imported_at = story.document.received_at.astimezone(branch.party.place.zone) + timedelta(hours=1)
    story.postings.clear()
    story.queued = Queued(branch, imported_at, None)
    return Planted(story.document.totals.amount, "in the import monitor, never turned into a note")


def _later(posting: Posting, case: Case) -> datetime:
    return posting.posted_at + timedelta(
        days=2 + int(case.rng.random() * 5), minutes=int(case.rng.random() * 200)
    )


def _typo(key: str, rng: Random) -> str:
    """Change one digit of cNF so that the check digit no longer fits."""
    while True:
        place = 35 + int(rng.random() * 8)
        typed = f"{key[:place]}{(int(key[place]) + 1 + int(rng.random() * 9)) % 10}{key[place + 1 :]}"
        if key_digit(typed[:43]) != typed[43]:
            return typed
