"""Extraction: one walk over a parsed document along a compiled map, into the rows of the raw tables.

Holds the walk, the rows of a batch and their Arrow form. No parsing, no classification, and no name of a
fiscal element belongs here. Text is taken as it stands and trimmed; nothing is converted.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.fiscal.access_key import is_access_key, model_of
from ingestion.fiscal.extraction_map import (
    IGNORED,
    MODEL,
    NOTHING,
    WRAPPER,
    Anchor,
    Frame,
    Group,
    Layout,
    Steps,
)
from ingestion.fiscal.refusals import Refused
from ingestion.fiscal.tables import CONTENT, ORDINAL, TableShape

Part: TypeAlias = tuple[Steps | Group, Any]
"""An element of a unit and what reads it."""


@dataclass(frozen=True, slots=True)
class Units:
    """What identifies units, a value for each: the columns that all rows of a unit repeat."""

    contents: pa.Array
    ordinals: pa.Array
    keys: pa.Array
    environments: pa.Array

    def table(self, shape: TableShape, owners: npt.NDArray[np.int32], own: Sequence[pa.Array]) -> pa.Table:
        """A table of rows, whose units are `owners` in ascending order and whose own columns are `own`."""
        unit = pa.array(owners)
        columns = {
            CONTENT: self.contents.take(unit),
            ORDINAL: self.ordinals.take(unit),
            "access_key": self.keys.take(unit),
            "environment": self.environments.take(unit),
            **dict(zip(shape.own, own, strict=True)),
        }
        if shape.ordinal is not None:
            # the rows of a unit stand together, so each counts from where its unit's rows begin
            rows = np.arange(len(owners), dtype=np.int64)
            columns[shape.ordinal] = pa.array(rows - np.searchsorted(owners, owners) + 1)
        names = [CONTENT, ORDINAL, *(name for name, _ in shape.columns)]
        return pa.table([columns[name] for name in names], names=names)


class Rows:
    """The rows of a batch of units, by table, growing unit by unit.

    A unit is a document, a protocol, an event, a summary or a voided range. One that turns out to be refused
    leaves nothing behind.
    """

    def __init__(self, tables: Sequence[TableShape]) -> None:
        self._tables = tables
        self._rows: list[list[tuple[str | None, ...]]] = [[] for _ in tables]
        self._append = [rows.append for rows in self._rows]
        # for each table, the units that have rows in it and how far its rows reach after each
        self._units: list[list[int]] = [[] for _ in tables]
        self._ends: list[list[int]] = [[0] for _ in tables]
        self._keys: list[str | None] = []
        self._environments: list[str | None] = []
        self._contents: list[str] = []
        self._ordinals: list[int] = []

    def __len__(self) -> int:
        return sum(map(len, self._rows))

    def add(self, layout: Layout, parts: Iterable[Part], *, content: str, ordinal: int, wrapper: str) -> bool:
        """Read one unit; False when the layout is optional and there is none.

        Raises Refused (invalid_access_key, invalid_value) and keeps nothing of the unit.
        """
        anchor = layout.anchor
        frame = anchor.template.copy()
        frame[WRAPPER] = wrapper
        try:
            for reader, element in parts:
                if isinstance(reader, Group):
                    _walk_group(element, reader, frame, self._append)
                else:
                    _walk(element, reader, frame, self._append)
            key = None
            if layout.key != NOTHING:
                key = _key_of(frame[layout.key], layout)
                if key is None:
                    return False
                frame[MODEL] = model_of(key)
            for column, cell, pattern in layout.required:
                _check(column, frame[cell], pattern)
            _emit(anchor, frame, self._append)
        except Refused:
            self._forget(layout)
            raise
        environment = frame[layout.environment]
        unit = len(self._keys)
        self._keys.append(key)
        self._environments.append(None if environment is None else environment.strip())
        self._contents.append(content)
        self._ordinals.append(ordinal)
        for number in layout.tables:
            self._units[number].append(unit)
            self._ends[number].append(len(self._rows[number]))
        return True

    def tables(self) -> Mapping[str, pa.Table]:
        """The rows as Arrow tables by name, each table there: two columns of the envelope, then its own."""
        units = Units(
            contents=pa.array(self._contents, pa.string()),
            ordinals=pa.array(self._ordinals, pa.int32()),
            keys=pa.array(self._keys, pa.string()),
            environments=pa.array(self._environments, pa.string()),
        )
        result = {}
        for number, table in enumerate(self._tables):
            counts = [end - start for start, end in pairwise(self._ends[number])]
            owners = np.repeat(np.array(self._units[number], np.int32), counts)
            rows = self._rows[number]
            cells: Iterable[Sequence[str | None]] = zip(*rows, strict=True) if rows else repeat(())
            columns = [_trimmed(texts) for _, texts in zip(table.own, cells, strict=False)]
            result[table.name] = units.table(table, owners, columns)
        return result

    def _forget(self, layout: Layout) -> None:
        for number in layout.tables:
            del self._rows[number][self._ends[number][-1] :]


def _walk(element: Any, steps: Steps, frame: Frame, append: Sequence[Any]) -> None:
    """Follow the map below `element`.

    The tightest loop of ingestion. Most of its time goes to lxml making an object and a tag for each element,
    so what remains is kept to one lookup and a comparison of small integers.
    """
    special = steps.special
    for child in element:
        step = steps[child.tag]
        if step > IGNORED:
            text = child.text
            if text:
                frame[step] = text
        elif step:
            found = special[step]
            kind = found.__class__
            if kind is Steps:
                _walk(child, found, frame, append)
            elif kind is Group:
                _walk_group(child, found, frame, append)
            else:
                text = child.text
                if text:
                    for target in found:
                        target.take(frame, text)


def _walk_group(element: Any, group: Group, frame: Frame, append: Sequence[Any]) -> None:
    anchor = group.anchor
    if anchor is not None:
        frame = anchor.template.copy()
    for attribute, cell in group.attributes:
        text = element.get(attribute)
        if text:
            frame[cell] = text
    for cell, name in group.names:
        frame[cell] = name or element.tag.rpartition("}")[2]
    if group.text and element.text:
        for target in group.text:
            target.take(frame, element.text)
    _walk(element, group.steps, frame, append)
    if anchor is not None:
        _emit(anchor, frame, append)


def _emit(anchor: Anchor, frame: Frame, append: Sequence[Any]) -> None:
    """Turn a finished frame into rows."""
    for switch in anchor.switches:
        code = frame[switch.by]
        if code is not None and (cell := switch.cases.get(code.strip())) is not None:
            frame[switch.target] = frame[cell]
    for when, drop, table, _cells, pick in anchor.emitters:
        if frame[when] and not (drop and _is_dropped(frame, drop)):
            append[table](pick(frame))


def _is_dropped(frame: Frame, drop: Iterable[tuple[int, re.Pattern[str]]]) -> bool:
    return any(pattern.fullmatch((frame[cell] or "").strip()) for cell, pattern in drop)


def _key_of(text: str | None, layout: Layout) -> str | None:
    key = layout.key_in(text)
    if is_access_key(key):
        return key
    if layout.optional and not key:
        return None
    raise Refused("invalid_access_key", f"{layout.name}: {key[:60]!r}" if key else f"{layout.name}: none")


def _check(column: str, text: str | None, pattern: Any) -> None:
    if text is None or not pattern.fullmatch(text.strip()):
        raise Refused("invalid_value", f"{column}: {'none' if text is None else repr(text.strip()[:60])}")


def _trimmed(texts: Sequence[str | None]) -> pa.Array:
    """A text column, trimmed; blank is null, since an XML says nothing by an empty element."""
    array = pa.array(texts, pa.string())
    trimmed = pc.utf8_trim_whitespace(array)
    if trimmed.nbytes == array.nbytes:
        return array
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
