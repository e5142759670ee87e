"""How the Winthor keeps titles and bank movements: PCPREST, PCLANC, PCMOVCR, PCESTCR.

What is paid in part is split: the title keeps what was paid, the rest becomes a new one. What is paid when is
told by simulation/finance.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import NamedTuple

from simulation.erp.keeping import Kept
from simulation.erp.notes import TableSet
from simulation.erp.tables import Row
from simulation.erp.winthor.queue import Queue
from simulation.finance import Booking, Settlement, Title

MONEY, SLIP = "D", "BK"
"""The kinds of money: what lies at the bank, and titles at the bank for collection."""

# TIPO is said from the books: what comes into the account is a debit.
_IN, _OUT = "D", "C"
_BACK = {_IN: _OUT, _OUT: _IN}


Paid = tuple[int, int]
"""The number of a title and the sequence of its settlement."""


class Part(NamedTuple):
    """A title of the Winthor: a part of a title, with the settlement that paid it."""

    title: Title
    label: str
    amount: int
    is_rest: bool
    settlement: Settlement | None
    reversed: Settlement | None

    @property
    def paid(self) -> Iterator[Paid]:
        """Yield what paid it, standing or taken back."""
        for settlement in (self.settlement, self.reversed):
            if settlement:
                yield self.title.number, settlement.sequence


class Movement(NamedTuple):
    """What a settlement moved at the bank: its transaction and that of its reversal."""

    number: int
    reversal: int | None


class Titles:
    """Writes titles and movements; keeps the balance of each account."""

    def __init__(self, tables: TableSet, queue: Queue, accounts: dict[str, int]) -> None:
        self._tables = tables
        self._queue = queue
        self._accounts = accounts
        self._balances: dict[int, int] = defaultdict(int)
        self._transactions = self._sequence = 0
        self._payables = 3_000

    def receive(
        self, booking: Booking, kept: Kept, transaction: int, order: int, customer: int
    ) -> Mapping[Paid, str]:
        """Write the receivables of a sale; tell which of them each settlement paid."""
        noted_at = booking.posting.posted_at
        labels: dict[Paid, str] = {}
        for part in parts(booking.titles):
            moved = self._move(part, kept, customer, _IN)
            key = f"{transaction}|{part.label}"
            row = self._receivable(part, kept, transaction, order, customer, moved, noted_at)
            self._tables.add("PCPREST", row)
            self._queue.scheduled("PCPREST", key, "I", noted_at)
            if part.settlement:
                paid_at = datetime.combine(part.settlement.credited_on, time(9, 40), noted_at.tzinfo)
                self._queue.scheduled("PCPREST", key, "U", paid_at)
            labels |= dict.fromkeys(part.paid, part.label)
        return labels

    def pay(self, booking: Booking, kept: Kept, transaction: int, supplier: int) -> Mapping[Paid, int]:
        """Write the payables of a purchase; tell which of them each settlement paid."""
        numbers: dict[Paid, int] = {}
        for part in parts(booking.titles):
            self._payables += 1
            moved = self._move(part, kept, 0, _OUT)
            self._tables.add("PCLANC", self._payable(part, kept, transaction, supplier, moved))
            self._queue.scheduled("PCLANC", self._payables, "I", booking.posting.posted_at)
            numbers |= dict.fromkeys(part.paid, self._payables)
        return numbers

    def balance_rows(self) -> Iterator[Row]:
        """Yield PCESTCR: what lies in each account now."""
        for account, balance in sorted(self._balances.items()):
            yield {"CODBANCO": account, "CODCOB": MONEY, "VALOR": balance}

    def _move(self, part: Part, kept: Kept, customer: int, kind: str) -> Movement | None:
        number = reversal = None
        if part.reversed and part.reversed.reversed_on:
            first = self._movement(part, part.reversed, kept, customer, kind, part.reversed.credited_on)
            reversal = self._movement(
                part, part.reversed, kept, customer, _BACK[kind], part.reversed.reversed_on, undone=first
            )
            number = first
        if part.settlement:
            number = self._movement(part, part.settlement, kept, customer, kind, part.settlement.credited_on)
        return Movement(number, reversal) if number else None

    def _movement(
        self,
        part: Part,
        settlement: Settlement,
        kept: Kept,
        customer: int,
        kind: str,
        on: date,
        *,
        undone: int | None = None,
    ) -> int:
        self._transactions += 1
        self._sequence += 1
        account = self._accounts[kept.code]
        self._balances[account] += settlement.moved if kind == _IN else -settlement.moved
        row: dict[str, object] = {
            "NUMTRANS": self._transactions,
            "NUMSEQ": self._sequence,
            "DATA": on,
            "DATACOMPLETA": datetime.combine(on, time(9, 40)),
            "HORA": 9,
            "MINUTO": 40,
            "CODBANCO": account,
            "CODCOB": MONEY,
            "VALOR": settlement.moved,
            "TIPO": kind,
            "HISTORICO": f"{'ESTORNO ' if undone else ''}TITULO {part.title.posting.number}/{part.label}",
            "OPERACAO": 99 if undone else 1,
            "INDICE": "A",
            "CODFILIAL": kept.code,
            "CODCLI": customer or None,
            "CODROTINALANC": 1207 if customer else 749,
            "CONCILIACAO": "N",
            "DTCOMPENSACAO": on,
            "DUPLICBAIXA": int(part.title.posting.number),
            "PRESTBAIXA": part.label,
        }
        if undone:
            row |= {"ESTORNO": "S", "DTESTORNO": on, "NUMTRANSEST": undone}
        self._tables.add("PCMOVCR", row)
        moved_at = datetime.combine(on, time(9, 40), part.title.posting.posted_at.tzinfo)
        self._queue.online("PCMOVCR", f"{self._transactions}|{self._sequence}", moved_at)
        return self._transactions

    def _receivable(
        self,
        part: Part,
        kept: Kept,
        transaction: int,
        order: int,
        customer: int,
        moved: Movement | None,
        noted_at: datetime,
    ) -> Row:
        title, settlement = part.title, part.settlement
        noted_on = noted_at.date()
        row: dict[str, object] = {
            "NUMTRANSVENDA": transaction,
            "PREST": part.label,
            "CODCLI": customer,
            "DUPLIC": int(title.posting.number),
            "CODFILIAL": kept.code,
            "CODFILIALNF": kept.code,
            "NUMPED": order,
            "DTEMISSAO": noted_on,
            "DTSAIDA": noted_on,
            "DTINCLUSAO": noted_on,
            "DTCRIACAO": noted_on,
            "VALOR": part.amount,
            "VALORORIG": part.amount if part.is_rest else title.amount,
            "DTVENC": title.due_on,
            "DTVENCORIG": title.due_on,
            "STATUS": "A",
            "OPERACAO": "N",
            "PROTESTO": "N",
            "CODCOB": SLIP,
            "CODCOBORIG": SLIP if part.is_rest else None,
            "BOLETO": "S",
            "NOSSONUMBCO": f"{transaction:08d}{title.number:02d}",
            "DTULTALTER": settlement.credited_on if settlement else noted_on,
            "DTMXSALTER": settlement.credited_on if settlement else noted_at,
            "ROTINAINSERT": "1402",
        }
        if settlement and moved:
            row |= {
                "VPAGO": settlement.moved,
                "TXPERM": settlement.interest or None,
                "VALORDESC": settlement.discount or None,
                "DTPAG": settlement.paid_on,
                "DTBAIXA": settlement.credited_on,
                "DTFECHA": settlement.credited_on,
                "ROTINAPAG": "1207",
                "CODBANCO": self._accounts[kept.code],
                "CODBANCOBAIXA": self._accounts[kept.code],
                "NUMTRANS": moved.number,
                "NUMTRANSBAIXA": moved.number,
            }
        if part.reversed:
            row |= {
                "DTESTORNO": part.reversed.reversed_on,
                "DTULTESTORNO": part.reversed.reversed_on,
                "VALORESTORNO": part.reversed.moved,
                "TIPOESTORNO": "T",
            }
        if title.posting.deleted_at:
            row |= {"DTCANCEL": title.posting.deleted_at.date(), "STATUS": "C"}
        return row

    def _payable(
        self, part: Part, kept: Kept, transaction: int, supplier: int, moved: Movement | None
    ) -> Row:
        title, settlement, posting = part.title, part.settlement, part.title.posting
        row: dict[str, object] = {
            "RECNUM": self._payables,
            "DTLANC": posting.posted_at.date(),
            "CODCONTA": 100_001,
            "CODFORNEC": supplier,
            "TIPOPARCEIRO": "F",
            "HISTORICO": f"NF {posting.number}",
            "NUMNOTA": int(posting.number),
            "DUPLIC": str(title.number),
            "VALOR": part.amount,
            "DTVENC": title.due_on,
            "DTEMISSAO": posting.issued_on,
            "CODFILIAL": kept.code,
            "NUMTRANSENT": transaction,
            "TIPOLANC": "C",
            "INDICE": "A",
            "MOEDA": "R",
        }
        if settlement and moved:
            row |= {
                "VPAGO": settlement.moved,
                "DTPAGTO": settlement.credited_on,
                "NUMBANCO": self._accounts[kept.code],
                "NUMTRANS": moved.number,
                "DESCONTOFIN": settlement.discount or None,
                "TXPERM": settlement.interest or None,
            }
        if part.reversed:
            row["DTESTORNOBAIXA"] = part.reversed.reversed_on
        if posting.deleted_at:
            row["DTCANCEL"] = posting.deleted_at.date()
        return row


def parts(titles: Iterable[Title]) -> Iterator[Part]:
    """Split titles at what was paid in part; what is split off is labelled by letters."""
    labels = iter("ABCDEFGHIJ")
    for title in titles:
        taken_back = next((s for s in title.settlements if s.reversed_on), None)
        paid = list(title.standing)
        rest = title.amount - sum(settlement.principal for settlement in paid)
        amounts: list[tuple[int, Settlement | None]] = [(s.principal, s) for s in paid]
        if rest or not paid:
            amounts.append((rest, None))
        for order, (amount, settlement) in enumerate(amounts):
            label = next(labels) if order else str(title.number)
            yield Part(title, label, amount, order > 0, settlement, None if order else taken_back)
