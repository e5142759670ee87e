"""How the RM keeps a story: which rows of which tables, with which values.

Every note and every order is a movement; what it is stands in its type, and the same status means another
thing in another type. Money stands in finance.py.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from simulation.companies import Party
from simulation.documents import Kind
from simulation.erp.keeping import Keeping, Kept
from simulation.erp.notes import Register, TableSet, all_parties, lines, punctuated
from simulation.erp.rm.finance import Finance, audit
from simulation.erp.rm.tables import ENCODING, TABLES
from simulation.erp.system import Keys
from simulation.erp.tables import Row
from simulation.finance import REVENUE, STOCK, Booking
from simulation.stories import Posting, Stage, Story

_SOURCE = "rm"
_ALL_COMPANIES, _BOTH = 0, 3
_CANCELLED, _DONE = "C", "F"
_STATUSES = {Stage.PRE_NOTE: "A", Stage.BLOCKED: "B", Stage.CLASSIFIED: _DONE}
_ENTRY_TYPES = {"SPED": "1.2.01", "CTE": "1.2.11", "NFS": "1.2.21", "NF": "1.2.02"}
_OWN_ENTRY, _SALE, _OTHER_EXIT = "1.2.05", "2.2.01", "2.2.05"
_PURCHASE_ORDER, _SALES_ORDER = "1.1.01", "2.1.01"
# Every so many sales began as an order that is a movement of its own.
_ORDERED_EVERY = 3


class RmExport:
    """Writes the tables of the branches that the RM keeps."""

    def __init__(self, folder: Path, keeping: Keeping) -> None:
        self._keeping = keeping
        self._tables = TableSet(TABLES, folder, ENCODING)
        self._partners = Register(all_parties(keeping.group), start=1)
        self._finance = Finance(self._tables, keeping)
        self._movements: Counter[int] = Counter()

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by table."""
        return self._tables.rows

    def hear(self, story: Story) -> None:
        """Keep nothing of a document that was not posted: there is no import queue here."""

    def write(self, booking: Booking) -> Keys:
        """Keep a posting with all that hangs on it."""
        posting = booking.posting
        kept = self._keeping.of(posting.branch)
        partner = _code(self._partners.number(posting.partner))
        order = self._order(posting, kept, partner)
        movement = self._next(kept)
        self._tables.add("TMOV", _note_row(posting, kept, movement, partner, order))
        for line in lines(posting):
            self._tables.add("TITMMOV", {
                "CODCOLIGADA": kept.company,
                "IDMOV": movement,
                "NSEQITMMOV": line.number,
                "IDPRD": int("".join(filter(str.isdecimal, line.product)) or 99_999),
                "QUANTIDADE": line.quantity,
                "PRECOUNITARIO": line.price,
                "VALORTOTALITEM": line.total,
                **audit(posting.posted_at),
            })  # fmt: skip
        account = STOCK if posting.is_entry else REVENUE
        self._tables.add("TMOVCONT", {
            "CODCOLIGADA": kept.company, "IDMOV": movement, "CODCONTA": account, "VALOR": posting.amount,
        })  # fmt: skip
        self._finance.write(booking, kept, movement, partner)
        return Keys(f"{_SOURCE}|TMOV|{kept.company}|{movement}")

    def close(self) -> None:
        """Write the registers and whatever is left."""
        self._tables.close({
            "FCFO": (_partner_row(party, number) for party, number in self._partners.items()),
            "GFILIAL": map(_branch_row, self._keeping.by(_SOURCE)),
            "FCXA": self._finance.account_rows(),
        })  # fmt: skip

    def _next(self, kept: Kept) -> int:
        self._movements[kept.company] += 1
        return self._movements[kept.company]

    def _order(self, posting: Posting, kept: Kept, partner: str) -> int | None:
        document = posting.document
        if document is None or document.kind not in (Kind.PURCHASE, Kind.SALE):
            return None
        if posting.is_entry and not document.order_number:
            return None
        if not posting.is_entry and document.act % _ORDERED_EVERY:
            return None
        movement = self._next(kept)
        row = _movement_row(posting, kept, movement, partner)
        self._tables.add("TMOV", {
            **row,
            "CODTMV": _PURCHASE_ORDER if posting.is_entry else _SALES_ORDER,
            "NUMEROMOV": document.order_number or f"{movement:06d}",
            "SERIE": "PED",
            "STATUS": _DONE,
        })  # fmt: skip
        return movement


def _movement_row(posting: Posting, kept: Kept, movement: int, partner: str) -> dict[str, object]:
    return {
        "CODCOLIGADA": kept.company,
        "IDMOV": movement,
        "CODFILIAL": int(kept.code),
        "CODLOC": "01",
        "CODCOLCFO": _ALL_COMPANIES,
        "CODCFO": partner,
        "DATAEMISSAO": posting.issued_on,
        "VALORBRUTO": posting.goods,
        "VALORLIQUIDO": posting.amount,
        "VALORBRUTOORIG": posting.goods,
        **audit(posting.posted_at, posting.deleted_at),
    }


def _note_row(posting: Posting, kept: Kept, movement: int, partner: str, order: int | None) -> Row:
    has_titles = posting.document is not None and bool(posting.document.instalments)
    return _movement_row(posting, kept, movement, partner) | {
        "CODTMV": _type(posting),
        "NUMEROMOV": posting.number,
        "SERIE": posting.series,
        "STATUS": _CANCELLED if posting.deleted_at else _STATUSES.get(posting.stage, _DONE),
        "DATASAIDA": posting.posted_at.date(),
        "DATAMOVIMENTO": posting.posted_at.date(),
        "DATACONTABILIZACAO": posting.posted_at.date() if posting.is_classified else None,
        "CODCPG": "28" if has_titles else "1",
        "CHAVEACESSONFE": posting.access_key,
        "IDMOVRELAC": order,
    }


def _type(posting: Posting) -> str:
    if posting.is_entry:
        return _OWN_ENTRY if posting.is_own_form else _ENTRY_TYPES[posting.species]
    is_sale = posting.document is not None and posting.document.kind is Kind.SALE
    return _SALE if is_sale else _OTHER_EXIT


def _code(number: int) -> str:
    return f"{number:06d}"


def _partner_row(party: Party, number: int) -> Row:
    return {
        "CODCOLIGADA": _ALL_COMPANIES,
        "CODCFO": _code(number),
        "NOME": party.name,
        "NOMEFANTASIA": party.name,
        "CGCCFO": punctuated(party.tax_id),
        "PAGREC": _BOTH,
        "CODETD": party.place.uf,
        "ATIVO": 1,
    }


def _branch_row(kept: Kept) -> Row:
    party = kept.branch.party
    return {
        "CODCOLIGADA": kept.company,
        "CODFILIAL": int(kept.code),
        "CGC": punctuated(party.tax_id),
        "NOME": party.name,
    }
