"""Plain payloads: rows by way of the scanner, for those payloads that need neither mending nor judgement.

Holds what stands between payloads and the scanner's arrays on one side and Arrow on the other. A payload that
is not plain, or that would be refused in any part, is handed back untouched: the walk has the last word.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.fiscal import scanner
from ingestion.fiscal.classify import Kinds
from ingestion.fiscal.extract import Units
from ingestion.fiscal.extraction_map import Layout
from ingestion.fiscal.payloads import PAYLOADS, UNIT_TABLES, Payload, payload_schema
from ingestion.fiscal.program import Assembly, Int64s
from ingestion.fiscal.tables import CONTENT, ORDINAL, TableShape

# The one beginning that needs no thought: UTF-8, said or unsaid, with or without its mark.
_PROLOGUE = re.compile(
    rb"(?:\xef\xbb\xbf)?"
    rb"(?:<\?xml version=(?:\"1\.0\"|'1\.0')(?: encoding=(?:\"[Uu][Tt][Ff]-8\"|'[Uu][Tt][Ff]-8'))?"
    rb"(?: standalone=(?:\"(?:yes|no)\"|'(?:yes|no)'))? ?\?>)?"
)

# so that looking a few bytes ahead stays within the buffer
_MARGIN = bytes(16)

# How much room the scanner gets at first: two in three payloads are notes, which need less.
_BYTES_PER_CELL, _BYTES_PER_FRAME, _UNITS_PER_PAYLOAD, _LEAST = 8, 128, 2, 4096


@dataclass(frozen=True, slots=True)
class PlainReading:
    """What the scanner read: rows by table, how many units, and for each payload whether it was read."""

    tables: Mapping[str, pa.Table]
    units_found: int
    read: Sequence[bool]


class PlainReader:
    """Reads plain payloads. The scanner runs without Python's lock."""

    def __init__(
        self,
        layouts: Sequence[Layout],
        kinds: Kinds,
        tables: Sequence[TableShape],
        *,
        payload_table: TableShape,
    ) -> None:
        assembly = Assembly(layouts, kinds, tables)
        self._program, self._layouts = assembly.program, assembly.layouts
        self._tables = tables
        self._payload_schema = payload_schema(payload_table)

    def read(self, payloads: Sequence[Payload]) -> PlainReading:
        """Read the plain ones among payloads of distinct content."""
        buffer, cells, frames, units, outcomes = self._scan([payload.content for payload in payloads])
        read = outcomes == scanner.PLAIN
        read[units[~self._has_required(buffer, cells, units), scanner.UNIT_PAYLOAD]] = False
        wanted = np.flatnonzero(read[units[:, scanner.UNIT_PAYLOAD]])
        counts, spans, owners = scanner.emit(buffer, self._program.code, cells, frames, units, wanted)
        units = units[wanted]
        described = Units(
            contents=pa.array(
                [payloads[number].sha256 for number in units[:, scanner.UNIT_PAYLOAD].tolist()], pa.string()
            ),
            ordinals=pa.array(np.zeros(len(units), np.int32)),
            keys=_texts(buffer, units[:, scanner.UNIT_KEY]),
            environments=_texts(buffer, self._environments(cells, units)),
        )
        tables = {}
        row = span = 0
        for table, count in zip(self._tables, counts.tolist(), strict=True):
            columns = [
                _texts(buffer, spans[span + column * count :][:count]) for column in range(len(table.own))
            ]
            tables[table.name] = described.table(table, owners[row : row + count], columns)
            row, span = row + count, span + len(table.own) * count
        tables[PAYLOADS] = self._described(payloads, read, units)
        return PlainReading(tables, len(units), read.tolist())

    def _described(self, payloads: Sequence[Payload], read: Any, units: Int64s) -> pa.Table:
        """The rows of the payloads that were read."""
        kept = [payload for payload, was_read in zip(payloads, read.tolist(), strict=True) if was_read]
        number_of = np.cumsum(read) - 1
        owners, layouts = number_of[units[:, scanner.UNIT_PAYLOAD]], units[:, scanner.UNIT_LAYOUT]
        kinds = np.array([list(UNIT_TABLES).index(layout.kind) for layout in self._layouts])[layouts]
        counts = [np.bincount(owners[kinds == kind], minlength=len(kept)) for kind in range(len(UNIT_TABLES))]
        first_kind = np.argmax(np.array(counts) > 0, axis=0)
        maps: list[set[str]] = [set() for _ in kept]
        for owner, layout in zip(owners.tolist(), layouts.tolist(), strict=True):
            maps[owner].add(self._layouts[layout].map_name)
        columns = {
            CONTENT: [payload.sha256 for payload in kept],
            ORDINAL: np.zeros(len(kept), np.int32),
            "path": [payload.path for payload in kept],
            "inner_path": [payload.inner_path for payload in kept],
            "kind": pa.array(list(UNIT_TABLES.values())).take(first_kind),
            **dict(zip(UNIT_TABLES.values(), counts, strict=True)),
            "bytes": [len(payload.content) for payload in kept],
            "nsu": [payload.nsu for payload in kept],
            "encoding_repair": pa.nulls(len(kept)),
            "read_by": [" ".join(sorted(names)) for names in maps],
        }
        return pa.table(
            [pa.array(columns[field.name]).cast(field.type) for field in self._payload_schema],
            schema=self._payload_schema,
        )

    def _scan(self, contents: Sequence[bytes]) -> tuple[Any, Int64s, Int64s, Int64s, Any]:
        bounds = np.empty((len(contents), 2), np.int64)
        at = len(self._program.pool) + len(scanner.END)
        for number, content in enumerate(contents):
            bounds[number] = _bounds(content, at)
            at += len(content) + len(scanner.END)
        room = 1
        while True:
            # made anew each time: the scanner replaces references where they stand
            joined = bytearray(scanner.END).join((self._program.pool, *contents, _MARGIN))
            buffer = np.frombuffer(joined, np.uint8)
            cells = np.empty((at // _BYTES_PER_CELL + _LEAST) * room, np.int64)
            frames = np.empty(((at // _BYTES_PER_FRAME + _LEAST) * room, 2), np.int64)
            most_units = (len(contents) * _UNITS_PER_PAYLOAD + 1) * room
            units = np.empty((most_units, scanner.UNIT_KEY + 1), np.int64)
            outcomes, found, is_full = scanner.scan(
                buffer, bounds, self._program.code, self._program.child, cells, frames, units
            )
            if not is_full:
                return buffer, cells, frames, units[:found], outcomes
            room *= 4

    def _has_required(self, buffer: Any, cells: Int64s, units: Int64s) -> Any:
        """For each unit, whether its required columns hold what their patterns say."""
        sound = np.ones(len(units), bool)
        for number, layout in enumerate(self._layouts):
            of_layout = np.flatnonzero(units[:, scanner.UNIT_LAYOUT] == number)
            for _, cell, pattern in layout.required:
                texts = _texts(buffer, cells[units[of_layout, scanner.UNIT_CELLS] + cell])
                fits = pc.fill_null(pc.match_substring_regex(texts, f"^(?:{pattern.pattern})$"), False)
                sound[of_layout] &= fits.to_numpy(zero_copy_only=False)
        return sound

    def _environments(self, cells: Int64s, units: Int64s) -> Int64s:
        environments = np.array([layout.environment for layout in self._layouts], np.int64)
        return cells[units[:, scanner.UNIT_CELLS] + environments[units[:, scanner.UNIT_LAYOUT]]]


def _bounds(content: bytes, at: int) -> tuple[int, int]:
    """Where a content that begins plainly is to be scanned in a buffer that has it at `at`."""
    prologue = _PROLOGUE.match(content)
    if prologue is None or len(content) > scanner.MOST_BYTES:
        return -1, -1
    return at + prologue.end(), at + len(content)


def _texts(buffer: Any, spans: Int64s) -> pa.Array:
    validity, offsets, data, nulls = scanner.gather(buffer, np.ascontiguousarray(spans))
    return pa.StringArray.from_buffers(
        len(spans), pa.py_buffer(offsets), pa.py_buffer(data), pa.py_buffer(validity), nulls
    )
