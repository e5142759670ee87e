"""The faults that can be planted, one planter per cause, registered in PLANTERS, and the truth each leaves.

A planter gets an ordinary story of the shape it asked for, long past every deadline and inside the
activation, breaks it in one way and says what a right ``marts.mismatches`` shows for it. Its variants are the
ways in which the cause comes about; which ERP can show which of them is told by the ERP (its blind spots),
which of them is planted when by script.py. To add a fault, add a planter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from simulation.companies import Branch
from simulation.documents import DocumentMaker, Kind, Shape
from simulation.events import EventType
from simulation.identifiers import key_digit
from simulation.stories import Posting, Queued, Replication, Story

Faults = Literal["all", "none"] | Mapping[str, int]
"""Which faults to plant: all causes, none, or how many of each cause."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What a planter did, and on what it shows: the document, ``posting`` as a row of the ERP, or its order.

    ``amount`` in centavos: the document's amount, or ERP minus document where amounts differ.
    """

    amount: int
    note: str
    posting: Posting | None = None
    is_order: bool = False


@dataclass(frozen=True, slots=True)
class Variant:
    """One way in which a cause comes about, and the document that it needs.

    Without ``leaves_xml`` the document is never delivered; ``is_elsewhere`` needs another branch to be posted
    in.
    """

    name: str
    shape: Shape
    leaves_xml: bool = True
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """What a planter may look at besides the story.

    ``order`` counts the faults of the cause from 0, ``elsewhere`` are the other branches of the company where
    a posting can be told from that of this branch.
    """

    variant: str
    order: int
    rng: Random
    maker: DocumentMaker
    elsewhere: Sequence[Branch]

    def another_branch(self) -> Branch:
        """Return another branch of the same company."""
        return self.rng.choice(self.elsewhere)


Plant = Callable[[Story, Case], Planted]


@dataclass(frozen=True, slots=True)
class Planter:
    """How a cause is planted: its variants, and what is done to a story."""

    cause: str
    variants: tuple[Variant, ...]
    plant: Plant


PLANTERS: dict[str, Planter] = {}
"""The catalogue: cause → planter, in the order in which they are defined."""

_PURCHASE = Shape(Kind.PURCHASE, is_plain=True)
_SALE = Shape(Kind.SALE, is_plain=True)
_FREIGHT = Shape(Kind.FREIGHT, is_plain=True)
_FREIGHT_TOMA4 = Shape(Kind.FREIGHT, taker="4", is_plain=True)
_ENTRY = Shape(Kind.ENTRY, is_plain=True)


def _planter(cause: str, *variants: Variant) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        PLANTERS[cause] = Planter(cause, variants, plant)
        return plant

    return register


_BOUGHT = Variant("purchase", _PURCHASE)
_SOLD = Variant("sale", _SALE)
_CARRIED = Variant("freight", _FREIGHT)


@_planter("missing_in_erp", _BOUGHT, _CARRIED, _SOLD, Variant("third_party_freight", _FREIGHT_TOMA4))
def _missing(story: Story, _case: Case) -> Planted:
    story.postings.clear()
    return Planted(story.document.totals.amount, "authorised and never posted")


@_planter("erp_without_xml", replace(_BOUGHT, leaves_xml=False), replace(_CARRIED, leaves_xml=False))
def _without_xml(story: Story, _case: Case) -> Planted:
    story.is_delivered = False
    story.awareness = None
    return Planted(story.posting.amount, "posted with a valid key whose XML never arrived", story.posting)


@_planter("deleted_in_erp", _BOUGHT, _CARRIED)
def _deleted(story: Story, case: Case) -> Planted:
    story.change(deleted_at=_later(story.posting, case))
    return Planted(story.document.totals.amount, "posted, then deleted, and not posted again")


@_planter("cancelled_in_erp_authorised_at_sefaz", _SOLD, Variant("own_entry", _ENTRY))
def _cancelled_in_erp(story: Story, case: Case) -> Planted:
    cancelled_at = _later(story.posting, case)
    story.change(deleted_at=cancelled_at, cancelled_on=cancelled_at.date())
    return Planted(
        story.document.totals.amount, "cancelled in the ERP, still authorised at the tax authority"
    )


@_planter("amount_differs", _BOUGHT, _SOLD, _CARRIED)
def _amount(story: Story, case: Case) -> Planted:
    # The very first one is a single centavo: documents have no tolerance.
    difference = 1 if case.order == 0 else 100 + int(case.rng.random() * 20_000)
    if case.order % 2 and story.posting.amount > difference:
        difference = -difference
    story.change(amount=story.posting.amount + difference)
    return Planted(difference, "posted with another amount")


@_planter("tax_differs", _BOUGHT, Variant("purchase_ipi", replace(_PURCHASE, with_ipi=True)), _CARRIED, _SOLD)
def _tax(story: Story, case: Case) -> Planted:
    # One centavo per item is rounding; the first fault is one centavo more than that.
    tolerated = max(len(story.document.items), 1)
    difference = tolerated + 1 + (0 if case.order == 0 else 50 + int(case.rng.random() * 5_000))
    if case.variant == "purchase_ipi":
        story.change(ipi=story.posting.ipi + difference)
        return Planted(difference, "posted with another IPI")
    story.change(icms=story.posting.icms + difference)
    return Planted(difference, "posted with another ICMS")


@_planter(
    "company_or_role_differs", replace(_BOUGHT, is_elsewhere=True), replace(_CARRIED, is_elsewhere=True)
)
def _other_branch(story: Story, case: Case) -> Planted:
    story.change(branch=case.another_branch())
    return Planted(story.document.totals.amount, f"posted in branch {story.posting.branch.code}")


@_planter(
    "posted_twice",
    _BOUGHT,
    Variant("other_store", replace(_PURCHASE, with_stores=True)),
    Variant("other_branch", _PURCHASE, is_elsewhere=True),
    _CARRIED,
)
def _twice(story: Story, case: Case) -> Planted:
    first = story.posting
    again = replace(first, posted_at=_later(first, case))
    if case.variant == "other_store":
        again = replace(again, partner=case.maker.second_store(first.partner))
        note = "posted again under another store of the supplier"
    elif case.variant == "other_branch":
        again = replace(again, branch=case.another_branch())
        note = f"posted again in branch {again.branch.code}"
    else:
        again = replace(again, series=f"{first.series:0>3}")
        note = "posted again with the series spelt otherwise"
    story.postings.append(again)
    return Planted(again.amount, note)


@_planter("cancelled_at_sefaz_active_in_erp", _BOUGHT, _SOLD, _CARRIED)
def _active_though_cancelled(story: Story, case: Case) -> Planted:
    status, hours = ("135", 20) if case.order % 2 == 0 else ("155", 70)
    if story.document.model == "57":
        status = "135"
    story.register(
        EventType.CANCELLATION, author=story.document.issuer, after=timedelta(hours=hours), status=status
    )
    return Planted(story.document.totals.amount, "cancelled at the tax authority, live in the ERP")


@_planter(
    "wrong_access_key", _BOUGHT, Variant("blank_key", _PURCHASE), Variant("other_key", _PURCHASE), _CARRIED
)
def _wrong_key(story: Story, case: Case) -> Planted:
    amount, key = story.document.totals.amount, story.document.access_key
    if case.variant == "blank_key":
        story.change(access_key="")
        return Planted(amount, "posted without its key")
    if case.variant == "other_key":
        story.change(access_key=case.maker.key_of_another(story.document))
        return Planted(amount, "posted under the key of another note")
    story.change(access_key=_typo(key, case.rng))
    return Planted(amount, "posted with a digit of the key mistyped")


@_planter(
    "denied_or_void_number",
    Variant("denied", replace(_SALE, status="302")),
    Variant("void", _SALE, leaves_xml=False),
)
def _denied(story: Story, case: Case) -> Planted:
    if case.variant == "void":
        story.is_delivered = False
        story.voided_at = _later(story.posting, case)
        return Planted(story.posting.amount, "its number declared void, live in the ERP", story.posting)
    story.change(is_denied=True)
    return Planted(story.document.totals.amount, "denied by the tax authority, live in the ERP")


@_planter(
    "event_not_applied",
    Variant("refusal", _PURCHASE),
    Variant("disagreement", _FREIGHT),
    Variant("unknown_operation", _PURCHASE),
    Variant("manifestation", _PURCHASE),
)
def _event(story: Story, case: Case) -> Planted:
    document = story.document
    # Eight days: the note was posted long before the event.
    after = timedelta(days=8)
    if case.variant == "disagreement":
        assert document.freight is not None  # noqa: S101 - the shape is a freight
        story.register(EventType.DISAGREEMENT, author=document.freight.taker, after=after)
        note = "freight in disagreement, classified all the same"
    elif case.variant == "manifestation":
        stale = story.awareness
        story.register(EventType.CONFIRMATION, author=document.recipient, after=after)
        story.awareness = stale
        note = "confirmed at the tax authority, not so in the ERP"
    else:
        event_type = EventType.REFUSAL if case.variant == "refusal" else EventType.UNKNOWN_OPERATION
        story.register(event_type, author=document.recipient, after=after)
        note = "refused or not recognised by the recipient, live in the ERP"
    return Planted(document.totals.amount, note)


@_planter(
    "queued_not_extracted",
    Variant("import_purchase", _PURCHASE),
    Variant("import_freight", _FREIGHT),
    Variant("pending_order", _SALE),
    Variant("failed_order", _SALE),
)
def _queued(story: Story, case: Case) -> Planted:
    amount = story.document.totals.amount
    if case.variant == "pending_order":
        story.replication = Replication.STUCK
        return Planted(amount, "queued for the platform, never sent", story.posting, is_order=True)
    if case.variant == "failed_order":
        story.replication = Replication.FAILED
        return Planted(amount, "refused on its way to the platform", story.posting, is_order=True)
    branch = story.document.branch
    imported_at = story.document.received_at.astimezone(branch.party.place.zone) + timedelta(hours=1)
    story.postings.clear()
    story.queued = Queued(branch, imported_at, None)
    return Planted(amount, "in the import monitor, never turned into a note")


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
