"""Payloads: the bytes of one XML each, and the table that has a row for each that was read.

Holds what both ways of reading a payload share. No reading and no refusing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from ingestion.fiscal.tables import CONTENT, ORDINAL, TableShape

PAYLOADS, FILES = "payloads", "files"

UNIT_TABLES: Mapping[str, str] = {
    "document": "documents",
    "protocol": "protocols",
    "event": "events",
    "summary": "summaries",
    "voided": "voided_ranges",
}
"""The table that has one row per unit, by kind of unit; the first one a payload fills is its own kind."""

_TYPES = {"text": pa.string(), "bigint": pa.int64()}


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of one XML and where they came from.

    `path` is the file, relative to the inbox; `inner_path` the place inside it ('' for the file itself);
    `nsu` and `schema` are those of its docZip.
    """

    content: bytes
    sha256: str
    path: str
    inner_path: str = ""
    nsu: str | None = None
    schema: str | None = None


def payload_schema(shape: TableShape) -> pa.Schema:
    """The Arrow schema of the table of payloads."""
    own = [(name, _TYPES[kind]) for name, kind in shape.columns]
    return pa.schema([(CONTENT, pa.string()), (ORDINAL, pa.int32()), *own])
