"""The money behind the notes as facts: titles, what is paid on them and when, the ledger entries of both.

Which sale or purchase there is, is told by stories.py; in which tables an ERP keeps title, payment and entry
stands in erp/. Amounts in centavos; nothing that comes after the as-of is told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate
from random import Random
from typing import NamedTuple

from simulation.clock import AS_OF, add_business_days
from simulation.documents import Kind
from simulation.events import EventType
from simulation.money import share
from simulation.stories import Posting, Replication, Stage, Story

CUSTOMERS, SUPPLIERS, STOCK, CASH = "1102010001", "2101010001", "1105010001", "1101020001"
REVENUE, INTEREST_EARNED, DISCOUNT_TAKEN = "3101010001", "3201010001", "3201020001"
INTEREST_PAID, DISCOUNT_GIVEN = "4201010001", "4201020001"


class Account(NamedTuple):
    """An account that takes postings; ``is_debit`` tells on which side its balance stands."""

    code: str
    name: str
    is_debit: bool


CHART = (
    Account(CASH, "Caixa geral", is_debit=True),
    Account(CUSTOMERS, "Duplicatas a receber", is_debit=True),
    Account(STOCK, "Mercadorias em estoque", is_debit=True),
    Account(SUPPLIERS, "Fornecedores", is_debit=False),
    Account(REVENUE, "Receita de vendas", is_debit=False),
    Account(INTEREST_EARNED, "Juros recebidos", is_debit=False),
    Account(DISCOUNT_TAKEN, "Descontos obtidos", is_debit=False),
    Account(INTEREST_PAID, "Juros pagos", is_debit=True),
    Account(DISCOUNT_GIVEN, "Descontos concedidos", is_debit=True),
)
"""The group's chart of accounts, without the banks: each bank account has its own."""


class Settlement(NamedTuple):
    """A payment on a title: what it takes off it, and what comes on top or is let off.

    ``credited_on`` is the day on which the bank has it; a reversed one was taken back on ``reversed_on``.
    """

    sequence: int
    paid_on: date
    credited_on: date
    principal: int
    interest: int = 0
    discount: int = 0
    reversed_on: date | None = None

    @property
    def moved(self) -> int:
        """Return what moves at the bank."""
        return self.principal + self.interest - self.discount


class Title(NamedTuple):
    """An instalment of a note, to be received or paid by the note's branch."""

    posting: Posting
    number: int
    due_on: date
    amount: int
    settlements: tuple[Settlement, ...]

    @property
    def is_cancelled(self) -> bool:
        """Tell whether it went with its note."""
        return self.posting.deleted_at is not None

    @property
    def standing(self) -> tuple[Settlement, ...]:
        """Return the settlements that were not taken back."""
        return tuple(settlement for settlement in self.settlements if not settlement.reversed_on)

    @property
    def open_amount(self) -> int:
        """Return what is still owed."""
        if self.is_cancelled:
            return 0
        return self.amount - sum(settlement.principal for settlement in self.standing)


class EntryKind(StrEnum):
    """What a ledger entry posts."""

    SALE = "sale"
    SALE_CANCELLED = "sale_cancelled"
    PURCHASE = "purchase"
    PURCHASE_DELETED = "purchase_deleted"
    RECEIPT = "receipt"
    RECEIPT_REVERSED = "receipt_reversed"
    PAYMENT = "payment"
    PAYMENT_REVERSED = "payment_reversed"


class Entry(NamedTuple):
    """One amount from a credited to a debited account, for a note or for a settlement of its title."""

    kind: EntryKind
    on: date
    debit: str
    credit: str
    amount: int
    title: Title | None = None
    settlement: Settlement | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """All that the ERP of a branch keeps of a posting.

    ``disagreement`` is the protocol of a freight's disagreement, where the ERP heard of it.
    """

    posting: Posting
    titles: tuple[Title, ...] = ()
    disagreement: str = ""
    replication: Replication = Replication.SENT

    def entries(self) -> Iterator[Entry]:
        """Yield the ledger entries: of the note, then of each settlement and of what took it back."""
        yield from _note_entries(self.posting, has_titles=bool(self.titles))
        for title in self.titles:
            for settlement in title.settlements:
                yield from _settlement_entries(title, settlement)


def book(story: Story, *, rng: Random) -> list[Booking]:
    """Tell the money behind every posting of a story, in its order."""
    protocol = next((e.protocol for e in story.events if e.type is EventType.DISAGREEMENT), "")
    return [
        Booking(
            posting,
            _titles(posting, rng),
            protocol if posting.stage in _DISAGREED else "",
            story.replication,
        )
        for posting in story.postings
    ]


_DISAGREED = frozenset({Stage.DISAGREED, Stage.DISAGREEMENT_SENT})
_TRADED = frozenset({Kind.SALE, Kind.PURCHASE})
_LAST_DAY = AS_OF.date()
_INTEREST_PER_DAY, _DISCOUNT = 10, 200


def _titles(posting: Posting, rng: Random) -> tuple[Title, ...]:
    document = posting.document
    if document is None or document.kind not in _TRADED or posting.is_denied or not posting.is_classified:
        return ()
    titles = []
    left = posting.amount
    last = len(document.instalments)
    for number, instalment in enumerate(document.instalments, start=1):
        # Where the ERP has another total than the document, the last title takes the difference.
        amount = left if number == last else instalment.amount
        left -= amount
        ways = _WAYS_OF_SUPPLIERS if posting.is_entry else _WAYS
        chance = rng.random()
        settlements: tuple[Settlement, ...] = ()
        if not posting.deleted_at and amount > 100:
            settle = ways.draw(chance, is_due=instalment.due_on <= _LAST_DAY)
            settlements = _until_as_of(settle(amount, instalment.due_on, posting.posted_at.date()))
        titles.append(Title(posting, number, instalment.due_on, amount, settlements))
    return tuple(titles)


def _until_as_of(settlements: Sequence[Settlement]) -> tuple[Settlement, ...]:
    told = []
    for settlement in settlements:
        if settlement.credited_on > _LAST_DAY:
            break
        if settlement.reversed_on and settlement.reversed_on > _LAST_DAY:
            told.append(settlement._replace(reversed_on=None))
            break
        told.append(settlement)
    return tuple(told)


# --- how people pay: each gets the amount, the due day and the day of the note


def _settlement(
    sequence: int, day: date, principal: int, *, interest: int = 0, discount: int = 0
) -> Settlement:
    paid_on = add_business_days(day, 0)
    return Settlement(sequence, paid_on, add_business_days(paid_on, 1), principal, interest, discount)


def _not_at_all(_amount: int, _due_on: date, _noted_on: date) -> Sequence[Settlement]:
    return ()


def _in_full(amount: int, due_on: date, noted_on: date) -> Sequence[Settlement]:
    return (_settlement(1, max(due_on, noted_on), amount),)


def _late(amount: int, due_on: date, noted_on: date) -> Sequence[Settlement]:
    days = 4 + amount % 9
    day = max(due_on, noted_on) + timedelta(days=days)
    return (_settlement(1, day, amount, interest=max(share(amount, days * _INTEREST_PER_DAY), 1)),)


def _early(amount: int, due_on: date, noted_on: date) -> Sequence[Settlement]:
    day = min(due_on, noted_on + timedelta(days=6 + amount % 5))
    return (_settlement(1, day, amount, discount=share(amount, _DISCOUNT)),)


def _in_part(amount: int, due_on: date, noted_on: date) -> Sequence[Settlement]:
    return (_settlement(1, max(due_on, noted_on), amount * 2 // 5),)


def _in_two_parts(amount: int, due_on: date, noted_on: date) -> Sequence[Settlement]:
    first, day = amount // 3, max(due_on, noted_on)
    rest = amount - first
    later = day + timedelta(days=12)
    return (
        _settlement(1, day, first),
        _settlement(2, later, rest, interest=max(share(rest, 12 * _INTEREST_PER_DAY), 1)),
    )


def _again(amount: int, due_on: date, noted_on: date) -> Sequence[Settlement]:
    day = max(due_on, noted_on)
    first = _settlement(1, day, amount)
    # The bank gives it back: paid anew some days later.
    reversed_on = add_business_days(first.credited_on, 2)
    return (first._replace(reversed_on=reversed_on), _settlement(2, reversed_on + timedelta(days=3), amount))


Way = Callable[[int, date, date], Sequence[Settlement]]


class _Ways:
    """Weighted ways to pay, of titles that are due and of those that are not yet."""

    def __init__(self, *, due: Mapping[Way, int], not_yet: Mapping[Way, int]) -> None:
        self._ways = {True: self._ends(due), False: self._ends(not_yet)}

    def draw(self, chance: float, *, is_due: bool) -> Way:
        """Return the way for a number in [0, 1)."""
        ways = self._ways[is_due]
        return next(way for end, way in ways if chance * ways[-1][0] < end)

    @staticmethod
    def _ends(weights: Mapping[Way, int]) -> list[tuple[int, Way]]:
        return list(zip(accumulate(weights.values()), weights, strict=True))


_WAYS = _Ways(
    due={_in_full: 45, _late: 18, _in_part: 10, _in_two_parts: 8, _again: 7, _early: 4, _not_at_all: 8},
    not_yet={_not_at_all: 85, _early: 15},
)
_WAYS_OF_SUPPLIERS = _Ways(
    due={_in_full: 70, _late: 8, _early: 8, _in_part: 4, _not_at_all: 10},
    not_yet={_not_at_all: 92, _early: 8},
)


# --- the ledger


def _note_entries(posting: Posting, *, has_titles: bool) -> Iterator[Entry]:
    document = posting.document
    if document is None or document.kind not in _TRADED or posting.is_denied or not posting.is_classified:
        return
    if posting.is_entry:
        kind, undone = EntryKind.PURCHASE, EntryKind.PURCHASE_DELETED
        debit, credit = STOCK, SUPPLIERS if has_titles else CASH
    else:
        kind, undone = EntryKind.SALE, EntryKind.SALE_CANCELLED
        debit, credit = CUSTOMERS if has_titles else CASH, REVENUE
    yield Entry(kind, posting.posted_at.date(), debit, credit, posting.amount)
    if posting.deleted_at:
        yield Entry(undone, posting.deleted_at.date(), credit, debit, posting.amount)


def _settlement_entries(title: Title, settlement: Settlement) -> Iterator[Entry]:
    bank = title.posting.branch.account.ledger_account
    if title.posting.is_entry:
        kind, undone = EntryKind.PAYMENT, EntryKind.PAYMENT_REVERSED
        legs = (
            (SUPPLIERS, bank, settlement.principal - settlement.discount),
            (INTEREST_PAID, bank, settlement.interest),
            (SUPPLIERS, DISCOUNT_TAKEN, settlement.discount),
        )
    else:
        kind, undone = EntryKind.RECEIPT, EntryKind.RECEIPT_REVERSED
        legs = (
            (bank, CUSTOMERS, settlement.principal - settlement.discount),
            (bank, INTEREST_EARNED, settlement.interest),
            (DISCOUNT_GIVEN, CUSTOMERS, settlement.discount),
        )
    for debit, credit, amount in legs:
        if amount:
            yield Entry(kind, settlement.credited_on, debit, credit, amount, title, settlement)
    for debit, credit, amount in legs:
        if amount and settlement.reversed_on:
            yield Entry(undone, settlement.reversed_on, credit, debit, amount, title, settlement)
