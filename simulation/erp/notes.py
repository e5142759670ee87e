"""What the notes of every ERP have in common: their items, the CFOP of an entry, registers of partners.

How an ERP spells and numbers any of it stands in its own package.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from simulation.companies import Group, Party
from simulation.erp.tables import Column, Encoding, Row, TableWriter, columns
from simulation.stories import Posting

# An entry takes the issuer's CFOP with 1 for 5 and 2 for 6; what was sold under ST is 403 at the buyer.
_ENTRY_CFOP_HEADS = {"5": "1", "6": "2"}
_ENTRY_CFOP_TAILS = {"404": "403", "405": "403"}


class Line(NamedTuple):
    """An item as an ERP keeps it: quantity and price in 1/10 000, amounts in centavos."""

    number: int
    product: str
    name: str
    unit: str
    quantity: int
    price: int
    gross: int
    total: int
    cfop: str
    icms: int = 0
    ipi: int = 0


def lines(posting: Posting) -> list[Line]:
    """Return the items of a posting; a freight or a service is one item."""
    document = posting.document
    if document is None or document.freight:
        product, cfop, icms = "SERVICO", "1933", 0
        if document and document.freight:
            product, cfop, icms = "FRETE", entry_cfop(document.freight.cfop), posting.icms
        return [
            Line(
                1, product, product.title(), "UN", 10_000, posting.goods * 100, posting.goods, posting.amount,
                cfop, icms,
            )
        ]  # fmt: skip
    return [
        Line(
            item.number, item.goods.code, item.goods.name, item.goods.unit, item.quantity, item.price,
            item.gross, item.total, entry_cfop(item.cfop) if posting.is_entry else item.cfop,
            item.icms.amount, item.ipi,
        )
        for item in document.items
    ]  # fmt: skip


def entry_cfop(cfop: str) -> str:
    """Return the CFOP under which the buyer enters what was sold under another."""
    head, tail = cfop[0], cfop[1:]
    return _ENTRY_CFOP_HEADS.get(head, head) + _ENTRY_CFOP_TAILS.get(tail, tail)


def all_parties(group: Group) -> Iterator[Party]:
    """Yield everybody whom a branch trades with, customers first, the branches themselves last."""
    partners = group.partners
    return chain(
        partners.customers, partners.persons, partners.suppliers, partners.second_stores,
        partners.service_suppliers, partners.carriers, partners.producers,
        (branch.party for branch in group.branches),
    )  # fmt: skip


class Register:
    """Parties under rising numbers."""

    def __init__(self, parties: Iterable[Party], *, start: int) -> None:
        self._numbers = dict(zip(parties, count(start), strict=False))

    def number(self, party: Party) -> int:
        """Return a party's number."""
        return self._numbers[party]

    def items(self) -> Iterable[tuple[Party, int]]:
        """Return parties and numbers."""
        return self._numbers.items()


def punctuated(tax_id: str) -> str:
    """Write a CNPJ or CPF as people do: 12.345.678/0001-95, 123.456.789-09."""
    if len(tax_id) == 11:
        return f"{tax_id[:3]}.{tax_id[3:6]}.{tax_id[6:9]}-{tax_id[9:]}"
    return f"{tax_id[:2]}.{tax_id[2:5]}.{tax_id[5:8]}/{tax_id[8:12]}-{tax_id[12:]}"


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table under the name of its file."""

    name: str
    columns: tuple[Column, ...]
    suffix: str = "parquet"

    @property
    def file_name(self) -> str:
        """Return the name of the exported file."""
        return f"{self.name}.{self.suffix}"


def tables(specifications: Mapping[str, str], *, as_csv: Sequence[str] = ()) -> Mapping[str, ExportedTable]:
    """Read tables from their columns' words; those of ``as_csv`` are exported as CSV."""
    return {
        name: ExportedTable(name, columns(words), "csv" if name in as_csv else "parquet")
        for name, words in specifications.items()
    }


class TableSet:
    """The writers of all tables of an ERP."""

    def __init__(self, of: Mapping[str, ExportedTable], folder: Path, encoding: Encoding) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._writers = {name: TableWriter(table, folder, encoding) for name, table in of.items()}

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by table."""
        return {name: writer.count for name, writer in self._writers.items()}

    def add(self, table: str, row: Row) -> int:
        """Take a row; return its number."""
        return self._writers[table].add(row)

    def close(self, registers: Mapping[str, Iterable[Row]]) -> None:
        """Write the registers and whatever is left."""
        for table, rows in registers.items():
            for row in rows:
                self.add(table, row)
        for writer in self._writers.values():
            writer.close()
