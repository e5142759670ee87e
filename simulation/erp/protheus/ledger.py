"""How the Protheus keeps the ledger: CT2 with its trace CV3, the balances CQ0 and CQ1, chart and rules.

What is posted is told by simulation/finance.py. Among the entries stand the rows that are none: pre-entries,
continued histories and the same entry in another currency.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from simulation.erp.keeping import Keeping
from simulation.erp.protheus.tables import COMPANY
from simulation.erp.protheus.values import day
from simulation.erp.tables import Row, TableWriter
from simulation.finance import CHART, Account, Booking, Entry, EntryKind


class Rule(NamedTuple):
    """A standard entry (lançamento padronizado): its code, lot, routine, and how it fills CT2_DC."""

    code: str
    lot: str
    routine: str
    name: str
    has_both_sides: bool = True


RULES: Mapping[EntryKind, Rule] = {
    EntryKind.SALE: Rule("610", "008820", "MATA460", "NF de saida", has_both_sides=False),
    EntryKind.SALE_CANCELLED: Rule("630", "008820", "MATA521", "Exclusao de NF de saida"),
    EntryKind.PURCHASE: Rule("650", "008810", "MATA103", "NF de entrada", has_both_sides=False),
    EntryKind.PURCHASE_DELETED: Rule("655", "008810", "MATA103", "Exclusao de NF de entrada"),
    EntryKind.RECEIPT: Rule("520", "008850", "FINA070", "Baixa a receber"),
    EntryKind.RECEIPT_REVERSED: Rule("527", "008850", "FINA070", "Cancelamento de baixa a receber"),
    EntryKind.PAYMENT: Rule("530", "008850", "FINA080", "Baixa a pagar"),
    EntryKind.PAYMENT_REVERSED: Rule("531", "008850", "FINA080", "Cancelamento de baixa a pagar"),
}
_DEBIT, _CREDIT, _BOTH, _TEXT = "1", "2", "3", "4"
_REAL, _PRE_ENTRY = "1", "9"
# Every so many documents of the ledger also hold a row that is no entry in reais.
_CONTINUED_EVERY, _OTHER_CURRENCY_EVERY, _PRE_ENTRY_EVERY = 25, 40, 60


class Origin(NamedTuple):
    """Where an entry comes from: table and record."""

    table: str
    record: int


class Ledger:
    """Writes entries with their trace; keeps what moved in each account by day."""

    def __init__(self, writers: Mapping[str, TableWriter], keeping: Keeping) -> None:
        self._writers = writers
        self._keeping = keeping
        self._documents: dict[tuple[str, date, str], int] = defaultdict(int)
        self._moved: dict[tuple[str, date, str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._sequence = 0

    def write(self, booking: Booking, note: Origin, settlements: Mapping[tuple[int, int], int]) -> None:
        """Write the entries of a booking; ``settlements`` are SE5 records by title and sequence."""
        code = self._keeping.of(booking.posting.branch).code
        for (kind, title, settlement), entries in groupby(
            booking.entries(), lambda entry: (entry.kind, entry.title, entry.settlement)
        ):
            origin = note
            if title and settlement:
                origin = Origin("SE5", settlements[title.number, settlement.sequence])
            self._post(code, RULES[kind], list(entries), origin, booking.posting.number)

    def _post(self, code: str, rule: Rule, entries: Sequence[Entry], origin: Origin, number: str) -> None:
        on = entries[0].on
        self._sequence += 1
        self._documents[code, on, rule.lot] += 1
        base: Row = {
            "CT2_FILIAL": code,
            "CT2_DATA": day(on),
            "CT2_LOTE": rule.lot,
            "CT2_SBLOTE": "001",
            "CT2_DOC": f"{self._documents[code, on, rule.lot]:06d}",
            "CT2_MOEDLC": "01",
            "CT2_HIST": f"{rule.name} {number}"[:40],
            "CT2_SEQHIS": "001",
            "CT2_TPSALD": _REAL,
            "CT2_LP": rule.code,
            "CT2_SEQUEN": f"{self._sequence:010d}",
            "CT2_DTCV3": day(on),
            "CT2_KEY": f"{code}{number}",
            "CT2_ORIGEM": f"{rule.code}/SCHEDULE/{rule.routine}",
            "CT2_ROTINA": rule.routine,
            "CT2_MANUAL": "2",
            "CT2_AGLUT": "2",
            "CT2_EMPORI": COMPANY,
            "CT2_FILORI": code,
        }
        line = 0
        for position, entry in enumerate(entries, start=1):
            for side in (_BOTH,) if rule.has_both_sides else (_DEBIT, _CREDIT):
                line += 1
                self._line(base, entry, side, line, f"{position:03d}", origin)
        self._what_is_no_entry(base, entries[0], line)

    def _line(self, base: Row, entry: Entry, side: str, line: int, position: str, origin: Origin) -> None:
        row = {**base, **_sides(entry, side), "CT2_LINHA": f"{line:03d}", "CT2_SEQLAN": f"{line:03d}"}
        record = self._writers["CT2"].add(row)
        self._writers["CV3"].add({
            "CV3_FILIAL": base["CT2_FILIAL"],
            "CV3_DTSEQ": base["CT2_DTCV3"],
            "CV3_SEQUEN": base["CT2_SEQUEN"],
            "CV3_LP": base["CT2_LP"],
            "CV3_LPSEQ": position,
            "CV3_KEY": base["CT2_KEY"],
            "CV3_DC": side,
            "CV3_DEBITO": row.get("CT2_DEBITO", ""),
            "CV3_CREDIT": row.get("CT2_CREDIT", ""),
            "CV3_MOEDLC": "01",
            "CV3_VLR01": entry.amount,
            "CV3_HIST": base["CT2_HIST"],
            "CV3_TABORI": origin.table,
            "CV3_RECORI": str(origin.record),
            "CV3_RECDES": str(record),
        })  # fmt: skip
        self._count(row, entry)

    def _count(self, row: Row, entry: Entry) -> None:
        place = (row["CT2_FILIAL"], entry.on)
        if "CT2_DEBITO" in row:
            self._moved[*place, entry.debit, row["CT2_MOEDLC"]][0] += row["CT2_VALOR"]
        if "CT2_CREDIT" in row:
            self._moved[*place, entry.credit, row["CT2_MOEDLC"]][1] += row["CT2_VALOR"]

    def _what_is_no_entry(self, base: Row, entry: Entry, line: int) -> None:
        add = self._writers["CT2"].add
        if self._sequence % _CONTINUED_EVERY == 0:
            add({
                **base, "CT2_DC": _TEXT, "CT2_LINHA": f"{line + 1:03d}", "CT2_SEQLAN": f"{line:03d}",
                "CT2_SEQHIS": "002", "CT2_HIST": "conforme documento",
            })  # fmt: skip
        if self._sequence % _OTHER_CURRENCY_EVERY == 0:
            other = {
                **base, **_sides(entry, _BOTH), "CT2_LINHA": "001", "CT2_MOEDLC": "02",
                "CT2_VALOR": entry.amount // 5,
            }  # fmt: skip
            add(other)
            self._count(other, entry)
        if self._sequence % _PRE_ENTRY_EVERY == 0:
            add({**base, **_sides(entry, _BOTH), "CT2_LINHA": "001", "CT2_TPSALD": _PRE_ENTRY})

    def balance_rows(self, table: str) -> Iterator[Row]:
        """Yield CQ1 (what moved on a day) or CQ0 (in a month, under its last day)."""
        moved: dict[tuple[str, date, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for (code, on, account, currency), (debit, credit) in self._moved.items():
            until = on if table == "CQ1" else on.replace(day=monthrange(on.year, on.month)[1])
            totals = moved[code, until, account, currency]
            totals[0] += debit
            totals[1] += credit
        for (code, on, account, currency), (debit, credit) in sorted(moved.items()):
            yield {
                f"{table}_FILIAL": code,
                f"{table}_DATA": day(on),
                f"{table}_CONTA": account,
                f"{table}_MOEDA": currency,
                f"{table}_TPSALD": _REAL,
                f"{table}_LP": "N",
                f"{table}_STATUS": "1",
                f"{table}_SLBASE": "S",
                f"{table}_DEBITO": debit,
                f"{table}_CREDIT": credit,
            }

    def chart_rows(self) -> Iterator[Row]:
        """Yield CT1: the groups, then the accounts that take postings."""
        banks = [kept.branch.account for kept in self._keeping.by("protheus")]
        accounts = (*CHART, *(Account(b.ledger_account, b.bank_name, is_debit=True) for b in banks))
        groups = {account.code[:4]: account.is_debit for account in accounts}
        for code, is_debit in sorted(groups.items()):
            yield _account_row(Account(code, _GROUPS[code[:1]], is_debit), "1", "")
        for account in sorted(accounts):
            yield _account_row(account, "2", account.code[:4])


_GROUPS = {"1": "Ativo", "2": "Passivo", "3": "Receitas", "4": "Despesas"}


def rule_rows() -> Iterator[Row]:
    """Yield CT5: formulas, never values."""
    for rule in RULES.values():
        for sequence in ("001", "002", "003"):
            yield {
                "CT5_LANPAD": rule.code,
                "CT5_SEQUEN": sequence,
                "CT5_STATUS": "1",
                "CT5_DESC": rule.name,
                "CT5_DC": _BOTH if rule.has_both_sides else _DEBIT,
                "CT5_DEBITO": "SA6->A6_CONTA" if rule.lot == "008850" else "SA1->A1_CONTA",
                "CT5_CREDIT": "SED->ED_CREDIT",
                "CT5_VLR01": "VALOR",
                "CT5_HIST": f'"{rule.name} "+NUMERO',
                "CT5_ORIGEM": rule.code,
                "CT5_TPSALD": _REAL,
                "CT5_MOEDAS": "12222",
            }


def _account_row(account: Account, kind: str, parent: str) -> Row:
    return {
        "CT1_CONTA": account.code,
        "CT1_DESC01": account.name,
        "CT1_CLASSE": kind,
        "CT1_NORMAL": "1" if account.is_debit else "2",
        "CT1_CTASUP": parent,
        "CT1_RES": account.code[-5:],
        "CT1_BLOQ": "2",
        "CT1_NATCTA": f"0{account.code[0]}",
        "CT1_DTEXIS": "20200101",
    }


def _sides(entry: Entry, side: str) -> dict[str, object]:
    """Return the accounts of a row: with ``3`` both stand in one."""
    row: dict[str, object] = {"CT2_DC": side, "CT2_VALOR": entry.amount}
    if side != _CREDIT:
        row["CT2_DEBITO"] = entry.debit
    if side != _DEBIT:
        row["CT2_CREDIT"] = entry.credit
    return row
