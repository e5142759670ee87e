"""The reader: payloads to the rows of the raw tables, each payload ending as rows, as refusals, or as both.

Holds the steps from bytes to rows for payloads that are known to be new: parse, classify, extract. A reader
belongs to one process; it opens nothing and keeps nothing between batches, so the same payloads give the same
rows anywhere.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from ingestion.fiscal.classify import Classifier, Unit, read_kinds
from ingestion.fiscal.extract import Rows
from ingestion.fiscal.extraction_map import Layout, read_layouts
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.parser import parse
from ingestion.fiscal.payloads import FILES, PAYLOADS, UNIT_TABLES, Payload, payload_schema
from ingestion.fiscal.refusals import Refused
from ingestion.fiscal.tables import CONTENT, ORDINAL, TableShape

if TYPE_CHECKING:
    from ingestion.fiscal.plain import PlainReader


# As tuples, rows take ten times what they take in Arrow, and a megabyte of empty items is 170,000 of them.
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class RefusedUnit:
    """What was refused: a payload (`place` is '') or the unit at `place` in it, counting for `units`."""

    sha256: str
    place: str
    reason: str
    detail: str
    units: int


@dataclass(slots=True)
class Reading:
    """What payloads gave: rows by raw table (payloads among them), refusals, and the units found."""

    tables: Mapping[str, pa.Table]
    refused: list[RefusedUnit] = field(default_factory=list)
    units_found: int = 0

    def refuse(self, payload: Payload, place: str, refused: Refused, *, units: int) -> None:
        """Note that a payload (`place` is '') or a unit of it was refused, which counts for so many units."""
        detail = refused.detail if payload.schema is None else f"{refused.detail} (docZip {payload.schema})"
        self.refused.append(RefusedUnit(payload.sha256, place, refused.reason, detail, units))
        self.units_found += units


class Reader:
    """Reads payloads by the layouts there are. Building one compiles the maps: a tenth of a second.

    It keeps nothing of what it reads, so that several threads may use one.
    """

    def __init__(
        self,
        tables: Mapping[str, TableShape],
        *,
        limits: Limits,
        layouts: Sequence[Layout] | None = None,
    ) -> None:
        self._tables = [table for name, table in tables.items() if name not in (PAYLOADS, FILES)]
        self._payloads = tables[PAYLOADS]
        self._limits = limits
        self._kinds = read_kinds()
        self._layouts = read_layouts(self._tables) if layouts is None else layouts
        self._classifier = Classifier(self._layouts, self._kinds)

    def read(self, payloads: Sequence[Payload], *, scan: bool = False) -> Reading:
        """Read payloads of distinct content. Never raises for what a payload holds.

        `scan` reads the plain ones in machine code, which gives the same rows at a tenth of the cost, once it
        is loaded.
        """
        if not scan:
            return self._walk(payloads)
        scanned = self._scanner.read(payloads)
        walked = self._walk(
            [payload for payload, read in zip(payloads, scanned.read, strict=True) if not read]
        )
        walked.units_found += scanned.units_found
        walked.tables = {
            name: pa.concat_tables([table, scanned.tables[name]]) for name, table in walked.tables.items()
        }
        return walked

    @cached_property
    def _scanner(self) -> "PlainReader":
        # takes half a second where it was compiled before, and ten where it was not
        from ingestion.fiscal.plain import PlainReader

        return PlainReader(self._layouts, self._kinds, self._tables, payload_table=self._payloads)

    def _walk(self, payloads: Iterable[Payload]) -> Reading:
        rows = Rows(self._tables)
        finished: list[Mapping[str, pa.Table]] = []
        stored: list[dict[str, object]] = []
        reading = Reading(tables={})
        for payload in payloads:
            if len(rows) > _MOST_ROWS:
                finished.append(rows.tables())
                rows = Rows(self._tables)
            try:
                parsed = parse(payload.content, limits=self._limits)
                units = self._classifier.units(parsed.root)
            except Refused as refused:
                reading.refuse(payload, "", refused, units=1)
                continue
            refused_before = len(reading.refused)
            counts = _read_units(units, payload, rows, reading)
            if counts:
                stored.append(_payload_row(payload, counts, parsed.repair, _maps_of(units)))
            elif len(reading.refused) == refused_before:
                reading.refuse(payload, "", self._classifier.nothing(parsed.root), units=1)
        described = pa.Table.from_pylist(stored, schema=payload_schema(self._payloads))
        finished.append(rows.tables())
        reading.tables = {
            **{name: pa.concat_tables([tables[name] for tables in finished]) for name in finished[0]},
            PAYLOADS: described,
        }
        return reading


def _read_units(units: Sequence[Unit], payload: Payload, rows: Rows, reading: Reading) -> Counter[str]:
    """Read the units of one payload; gives the rows added by unit table."""
    added: Counter[str] = Counter()
    ordinals: Counter[str | None] = Counter()
    for unit in units:
        place = unit.place if len(units) > 1 else ""
        refused = _read_unit(unit, payload, rows, ordinals, added)
        if refused is not None:
            reading.refuse(payload, place, refused, units=1 + len(unit.companions))
            for companion in unit.companions:
                ordinals[companion.kind] += 1
            continue
        for companion in unit.companions:
            refused = _read_unit(companion, payload, rows, ordinals, added)
            if refused is not None:
                reading.refuse(payload, companion.place, refused, units=1)
    reading.units_found += added.total()
    return added


def _read_unit(
    unit: Unit, payload: Payload, rows: Rows, ordinals: Counter[str | None], added: Counter[str]
) -> Refused | None:
    """Read one unit; gives its refusal. A refused unit keeps its ordinal, so others never change theirs."""
    ordinal = ordinals[unit.kind]
    ordinals[unit.kind] += 1
    if unit.layout is None:
        return unit.refused
    try:
        is_there = rows.add(
            unit.layout, unit.parts, content=payload.sha256, ordinal=ordinal, wrapper=unit.wrapper
        )
    except Refused as refused:
        return refused
    if is_there:
        added[UNIT_TABLES[unit.layout.kind]] += 1
    return None


def _maps_of(units: Sequence[Unit]) -> str:
    """The maps on which a payload's rows depend, also of units that they refused."""
    every = [*units, *(companion for unit in units for companion in unit.companions)]
    return " ".join(sorted({unit.layout.map_name for unit in every if unit.layout is not None}))


def _payload_row(payload: Payload, counts: Counter[str], repair: str | None, maps: str) -> dict[str, object]:
    return {
        CONTENT: payload.sha256,
        ORDINAL: 0,
        "path": payload.path,
        "inner_path": payload.inner_path,
        "kind": next(table for table in UNIT_TABLES.values() if counts[table]),
        **{table: counts[table] for table in UNIT_TABLES.values()},
        "bytes": len(payload.content),
        "nsu": payload.nsu,
        "encoding_repair": repair,
        "read_by": maps,
    }
