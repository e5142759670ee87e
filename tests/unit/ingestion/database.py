"""A database in memory: the tables of an invented ERP, read as a selection asks, and what was asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from ingestion.contracts import TableContract, folded
from ingestion.delivery import Content, Delivery, Found, Selection

ACME_YML = """
version: 2
sources:
  - name: raw_acme
    config:
      meta: {system: acme, changed_at: alterado-em, changed_at_zone: America/Manaus, null_text: "?"}
    tables:
      - name: nota
        description: One row per inbound invoice.
        config:
          meta:
            native: nota-entrada
            aliases: [entradas]
            key: [cod-estab, nr-nota]
            business_date: dt-lancto
            amount: vl-total
        columns:
          - {name: cod-estab, data_type: text}
          - {name: nr-nota, data_type: text}
          - {name: dt-lancto, data_type: date}
          - {name: vl-total, data_type: "decimal(18,2)"}
          - {name: cancelada, data_type: boolean}
          - {name: "preco[1]", data_type: "decimal(18,4)", config: {meta: {aliases: ["preco##1"]}}}
      - name: ajuste
        description: One row per adjustment.
        config:
          meta:
            native: ajuste
            key: [nr-ajuste]
            business_date: dt-lancto
            amount: valor
            stamp_is_reliable: false
        columns:
          - {name: nr-ajuste, data_type: text}
          - {name: dt-lancto, data_type: date}
          - {name: valor, data_type: "decimal(18,2)"}
      - name: movto
        description: One row per cash movement; nothing tells two of a day apart but what they say.
        config:
          meta: {native: movto-caixa, key: [cod-caixa], changed_at: null, repeats: true, amount: valor}
        columns:
          - {name: cod-caixa, data_type: text}
          - {name: dt-movto, data_type: date}
          - {name: valor, data_type: "decimal(18,2)"}
          - {name: historico, data_type: text}
"""


@dataclass
class Database:
    """Rows by table. A row is left out by a selection only when none of its bounds lets it in."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, Selection]] = field(default_factory=list)

    def find(self, contract: TableContract, *, known: Content | None) -> Found | None:
        rows = self._rows(contract)
        return None if rows is None else Found(columns=tuple(rows[0]))

    def read(self, contract: TableContract, selection: Selection) -> Delivery:
        self.asked.append((contract.native, selection))
        rows = self._rows(contract) or []
        names = contract.delivered_names(rows[0])
        wanted = list(rows[0])
        if selection.identity_only:
            wanted = [names[name] for name in {*contract.key, contract.amount} & names.keys()]
        kept = [row for row in rows if selection.is_whole or _is_let_in(row, names, contract, selection)]
        arrays = {name: [row[name] for row in kept] for name in wanted}
        return Delivery(pa.table(arrays), is_whole=selection.is_whole and not selection.identity_only)

    def recover(self, _error: Exception) -> bool:
        """Nothing is ever lost on the way from here."""
        return False

    def scrub(self, message: str) -> str:
        return message

    def _rows(self, contract: TableContract) -> list[dict[str, Any]] | None:
        spellings = {folded(name) for name in contract.spellings}
        return next((rows for name, rows in self.tables.items() if folded(name) in spellings), None)

    def serve(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be what every source of the test is connected to."""

        @contextmanager
        def connector(*_: object, **__: object) -> Iterator[Database]:
            yield self

        monkeypatch.setattr("ingestion.load_tables._connector", connector)


def _is_let_in(
    row: Mapping[str, Any], names: Mapping[str, str], contract: TableContract, selection: Selection
) -> bool:
    """As SQL would: what is null lies in no bound; a stamp has no offset and is compared as it is."""
    stamp: datetime | None = row.get(names.get(contract.changed_at or "", ""))
    day: date | None = row.get(names.get(contract.business_date or "", ""))
    since = selection.changed_since
    return (stamp is not None and since is not None and stamp >= contract.as_stamp(since)) or (
        day is not None and selection.business_since is not None and day >= selection.business_since
    )
