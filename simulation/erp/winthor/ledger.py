"""How the Winthor keeps the ledger: legs in PCLANCAMENTO, and where each came from in PCLANCINTERMEDIARIA.

An excluded leg stays in the table with EXCLUIDO = S.
"""

from typing import NamedTuple

from simulation.erp.notes import TableSet
from simulation.finance import Entry, EntryKind

_RULES = {kind: number for number, kind in enumerate(EntryKind, start=101)}
_PLAN = 1
# Every so many entries were first made with a wrong leg, excluded since.
_EXCLUDED_EVERY = 70


class Operation(NamedTuple):
    """What an entry posts: the operational table, its key and the rest of it."""

    table: str
    key: int
    rest: str = ""


class Ledger:
    """Writes ledger legs."""

    def __init__(self, tables: TableSet) -> None:
        self._tables = tables
        self._entries = self._legs = 0

    def write(self, entry: Entry, branch_code: str, operation: Operation, document: str) -> None:
        """Write the two legs of an entry."""
        self._entries += 1
        if self._entries % _EXCLUDED_EVERY == 0:
            self._leg(entry, branch_code, operation, document, 3, ("D", entry.debit), is_excluded=True)
        for sequence, side in enumerate((("D", entry.debit), ("C", entry.credit)), start=1):
            self._leg(entry, branch_code, operation, document, sequence, side)

    def _leg(
        self,
        entry: Entry,
        branch_code: str,
        operation: Operation,
        document: str,
        sequence: int,
        side: tuple[str, str],
        *,
        is_excluded: bool = False,
    ) -> None:
        self._legs += 1
        nature, account = side
        self._tables.add("PCLANCAMENTO", {
            "NUMTRANSLANCTO": self._legs,
            "NUMLANCTO": self._entries,
            "NUMSEQ": sequence,
            "MES": entry.on.month,
            "ANO": entry.on.year,
            "CODFILIAL": branch_code,
            "CODPLANOCONTA": _PLAN,
            "CODREDUZIDO_PC": account,
            "DTLANC": entry.on,
            "NATUREZA": nature,
            "VALOR": entry.amount,
            "DOCUMENTO": document,
            "LOTE": int(f"{entry.on:%y%m%d}"),
            "CODHISTORICO": _RULES[entry.kind],
            "HISTORICO_COMPL": f"{entry.kind} {document}",
            "TIPO_LANCAMENTO": "N",
            "EXCLUIDO": "S" if is_excluded else "N",
            "ENCERRADO": "N",
            "CONCILIADO": "N",
            "CODREGRAINTEGRACAO": _RULES[entry.kind],
            "LOTEINTEGRACAO": int(f"{entry.on:%y%m%d}"),
            "DATAINTEGRACAO": entry.on,
            "EXTEMPORANEO": "N",
        })  # fmt: skip
        if is_excluded:
            return
        self._tables.add("PCLANCINTERMEDIARIA", {
            "CODFILIAL": branch_code,
            "NUMTRANSLANCTO": self._legs,
            "NUMSEQ": sequence,
            "DATALANCTO": entry.on,
            "CODREDUZIDO_PC": account,
            "NATUREZA": nature,
            "VALOR": entry.amount,
            "CODREGRA": _RULES[entry.kind],
            "OPERACAO": "I",
            "NUMTRANSOPERACAO": operation.key,
            "STATUS": "C",
            "CHAVEGESTAO": operation.key,
            "CHAVEGESTAOAUX": operation.rest,
            "TABELAGESTAO": operation.table,
            "NUMLANCTOCONTABIL": self._entries,
            "NUMTRANSPCLANCAMENTO": self._legs,
            "CONTABILIZAR": "S",
        })  # fmt: skip
