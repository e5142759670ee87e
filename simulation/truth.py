"""The truth file: one row for each row that a right ``marts.mismatches`` has."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

EntityType = Literal["document", "erp_document", "record"]
"""What a fault shows on: a document, a row of an ERP, a record on its way to the platform."""

_SCHEMA = pa.schema([
    ("fault_id", pa.string()),
    ("cause", pa.string()),
    ("entity_type", pa.string()),
    ("entity_key", pa.string()),
    ("company_cnpj", pa.string()),
    ("amount", pa.decimal128(18, 2)),
    ("note", pa.string()),
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class TruthRow:
    """A planted fault as it must show: entity, the branch CNPJ whose row shows it, and an amount in centavos.

    The amount is that of the document, or ERP minus document (signed) where the fault is a difference.
    """

    cause: str
    entity_type: EntityType
    entity_key: str
    company_cnpj: str
    amount: int
    note: str


def write_truth(rows: list[TruthRow], path: Path) -> None:
    """Write the truth; a world without faults has a file without rows. Ids count the faults of a cause."""
    counts: dict[str, int] = {}
    records = []
    for row in rows:
        number = counts[row.cause] = counts.get(row.cause, 0) + 1
        records.append({
            "fault_id": f"{row.cause}-{number:06d}",
            "cause": row.cause,
            "entity_type": row.entity_type,
            "entity_key": row.entity_key,
            "company_cnpj": row.company_cnpj,
            "amount": Decimal(row.amount).scaleb(-2),
            "note": row.note,
        })  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(records, schema=_SCHEMA), path)
