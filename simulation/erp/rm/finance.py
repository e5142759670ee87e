"""How the RM keeps money: FLAN, its settlements in FLANBAIXA, the accounts in FXCX, the ledger in CPARTIDA.

A settlement that is taken back leaves no row: only those that stand are told. What is paid when is told by
simulation/finance.py.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time

from simulation.erp.keeping import Keeping, Kept
from simulation.erp.notes import TableSet
from simulation.erp.tables import Row
from simulation.finance import Booking, Entry, Settlement, Title

_OPEN, _SETTLED, _CANCELLED, _SETTLED_IN_PART = 0, 1, 2, 4
RECEIVABLE, PAYABLE = 1, 2
_GROUPED = 1


class Finance:
    """Writes financial entries, settlements, movements and ledger, numbered by coligada."""

    def __init__(self, tables: TableSet, keeping: Keeping) -> None:
        self._tables = tables
        self._keeping = keeping
        self._numbers: Counter[tuple[str, int]] = Counter()

    def write(self, booking: Booking, kept: Kept, movement: int, partner: str) -> None:
        """Write what a movement brings: a note of several instalments is grouped, they stand for it."""
        titles = booking.titles
        numbers = {}
        group = self._next("FLAN", kept) if len(titles) > 1 else None
        if group:
            whole = Title(booking.posting, 0, titles[-1].due_on, booking.posting.amount, ())
            self._entry(whole, kept, movement, partner, group, {"NFOUDUP": _GROUPED, "IDFAT": group})
        for title in titles:
            number = numbers[title.number] = self._next("FLAN", kept)
            self._entry(title, kept, movement, partner, number, {"NFOUDUP": 0, "IDFAT": group})
            for settlement in title.standing:
                self._settle(title, settlement, kept, number)
        for entry in booking.entries():
            if entry.settlement is None or entry.settlement.reversed_on is None:
                self._post(entry, kept, movement, numbers)

    def account_rows(self) -> Iterator[Row]:
        """Yield FCXA."""
        for kept in self._keeping.by("rm"):
            account = kept.branch.account
            yield {
                "CODCOLIGADA": kept.company,
                "CODCXA": _account(kept),
                "DESCRICAO": account.bank_name,
                "NUMBANCO": account.bank,
                "NUMAGENCIA": account.agency,
                "NROCONTA": account.number,
            }

    def _next(self, table: str, kept: Kept) -> int:
        self._numbers[table, kept.company] += 1
        return self._numbers[table, kept.company]

    def _entry(
        self, title: Title, kept: Kept, movement: int, partner: str, number: int, grouping: Row
    ) -> None:
        posting, standing = title.posting, title.standing
        made_at = posting.posted_at
        row: dict[str, object] = {
            "CODCOLIGADA": kept.company,
            "IDLAN": number,
            "CODFILIAL": int(kept.code),
            "IDMOV": movement,
            "PAGREC": PAYABLE if posting.is_entry else RECEIVABLE,
            "STATUSLAN": _status(title),
            "CODTDO": "NF",
            "NUMERODOCUMENTO": posting.number,
            "PARCELA": str(title.number),
            "CODCOLCFO": 0,
            "CODCFO": partner,
            "DATAEMISSAO": posting.issued_on,
            "DATAVENCIMENTO": title.due_on,
            "DATAPREVBAIXA": title.due_on,
            "VALORORIGINAL": title.amount,
            "VALORBAIXADO": sum(settlement.moved for settlement in standing),
            "VALORJUROS": sum(settlement.interest for settlement in standing),
            "VALORMULTA": 0,
            "VALORDESCONTO": sum(settlement.discount for settlement in standing),
            "CODAPLICACAO": "T",
            "CODCXA": _account(kept),
            **grouping,
            **audit(made_at, posting.deleted_at),
        }
        if standing:
            last = standing[-1].credited_on
            row |= {"DATABAIXA": last, "DATACONTABILIZBX": last, "RECMODIFIEDON": _at_six(last)}
        self._tables.add("FLAN", row)

    def _settle(self, title: Title, settlement: Settlement, kept: Kept, number: int) -> None:
        movement = self._next("FXCX", kept)
        on = settlement.credited_on
        self._tables.add("FLANBAIXA", {
            "CODCOLIGADA": kept.company,
            "IDLAN": number,
            "IDBAIXA": settlement.sequence,
            "DATABAIXA": on,
            "VALORBAIXA": settlement.moved,
            "VALORNOTACREDITOADIANTAMENTO": 0,
            "IDXCX": movement,
            **audit(_at_six(on)),
        })  # fmt: skip
        self._tables.add("FXCX", {
            "CODCOLIGADA": kept.company,
            "IDXCX": movement,
            "CODFILIAL": int(kept.code),
            "CODCXA": _account(kept),
            "DATA": on,
            "VALOR": -settlement.moved if title.posting.is_entry else settlement.moved,
            "NUMERODOCUMENTO": title.posting.number,
            "HISTORICO": f"Baixa do lançamento {number}",
            "COMPENSADO": 1,
            "DATACOMPENSACAO": on,
            **audit(_at_six(on)),
        })  # fmt: skip

    def _post(self, entry: Entry, kept: Kept, movement: int, numbers: dict[int, int]) -> None:
        number = self._next("CPARTIDA", kept)
        origin, application = f"{kept.company};{movement}", "T"
        if entry.title:
            origin, application = f"{kept.company};{numbers[entry.title.number]}", "F"
        self._tables.add("CPARTIDA", {
            "CODCOLIGADA": kept.company,
            "IDPARTIDA": number,
            "LCTREF": number,
            "CODFILIAL": int(kept.code),
            "DATA": entry.on,
            "DEBITO": entry.debit,
            "CREDITO": entry.credit,
            "VALOR": entry.amount,
            "DOCUMENTO": str(movement),
            "COMPLEMENTO": str(entry.kind),
            "CODLOTE": f"{entry.on:%y%m%d}",
            "INTEGRACHAVE": origin,
            "INTEGRAAPLICACAO": application,
            **audit(_at_six(entry.on)),
        })  # fmt: skip


def audit(made_at: datetime, changed_at: datetime | None = None) -> Row:
    """Return who made a row and changed it last, and when."""
    return {
        "RECCREATEDBY": "mestre",
        "RECCREATEDON": made_at,
        "RECMODIFIEDBY": "mestre",
        "RECMODIFIEDON": changed_at or made_at,
    }


def _status(title: Title) -> int:
    if title.is_cancelled:
        return _CANCELLED
    if not title.standing:
        return _OPEN
    return _SETTLED_IN_PART if title.open_amount else _SETTLED


def _account(kept: Kept) -> str:
    return f"CX{kept.code}"


def _at_six(on: date) -> datetime:
    return datetime.combine(on, time(18))
