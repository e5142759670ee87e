"""By what a content was read: fingerprints of the extraction maps, to find contents that older ones read.

Holds how fingerprints are made, written beside a content and compared. Reading again is not done here.

A content's rows depend on the maps of its own units and on what tells units apart at all (the structure). So
a map that grows concerns the contents that it read, a further version of a known document only what was
refused, and a new kind of unit everything: what stood unnoticed in an answer may be one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from ingestion.fiscal.classify import KINDS_YML
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.map_definitions import LAYOUTS_DIR, read_definitions
from ingestion.fiscal.payloads import PAYLOADS
from ingestion.fiscal.refusals import REASONS_CSV
from ingestion.fiscal.tables import TableShape
from ingestion.plain_yaml import read_yaml

READER_VERSION: Final = 1
"""Raised by hand when a change of code, not of a list, makes other rows of the same bytes."""

READ_BY: Final = "read_by"
"""The column of payloads in which a reader names its maps; the loader puts their fingerprints there."""

_HEX_DIGITS = 16
_SEPARATOR = ":"


@dataclass(frozen=True)
class Fingerprints:
    """What reads contents today: `structure`, each map by name, and `refusals`, what else may lift one."""

    structure: str
    maps: Mapping[str, str]
    refusals: str

    @cached_property
    def whole(self) -> str:
        """One fingerprint of it all: while it stays, nothing has to be read again or tried again."""
        return _digest([self.structure, sorted(self.maps.items()), self.refusals])

    def read_by(self, maps: str | None) -> str | None:
        """What to write beside a content that these maps (names, joined by blanks) read today."""
        if maps is None:
            return None
        told = [f"{name}{_SEPARATOR}{self.maps[name]}" for name in maps.split()]
        return " ".join([self.structure, *told])

    def is_current(self, read_by: str | None) -> bool:
        """Whether what was written beside a content would be written today; None is of an unknown reader."""
        if not read_by:
            return False
        structure, *told = read_by.split(" ")
        return structure == self.structure and all(
            self.maps.get(name) == said for name, _, said in (item.partition(_SEPARATOR) for item in told)
        )


def read_fingerprints(
    tables: Mapping[str, TableShape], *, directory: Path = LAYOUTS_DIR, kinds_yml: Path = KINDS_YML
) -> Fingerprints:
    """The fingerprints of the maps and lists as they stand; comments in them count for nothing."""
    definitions = read_definitions(directory)
    kinds = read_yaml(kinds_yml)
    # what is refused by name stands in quarantine, and is tried again from there
    telling = {name: value for name, value in kinds.items() if name != "refused"}
    units = {
        (each["kind"], each["element"], each.get("key_element") or "", each["start"].partition("/")[0])
        for each in definitions.values()
    }
    return Fingerprints(
        structure=_digest([READER_VERSION, telling, sorted(units), tables[PAYLOADS].columns]),
        maps={name: _digest([each, _shapes(each, tables)]) for name, each in definitions.items()},
        refusals=_digest([kinds, repr(Limits()), REASONS_CSV.read_text(encoding="utf-8")]),
    )


def _shapes(definition: Mapping[str, Any], tables: Mapping[str, TableShape]) -> Sequence[Any]:
    """What a map's tables say of the columns that it fills; others of the same table are nothing to it."""
    filled: dict[str, set[str]] = {}
    for row in definition["rows"]:
        filled.setdefault(row["table"], set()).update(row["columns"], row.get("constants", ()))
    return [
        [name, [column for column in tables[name].columns if column[0] in columns], tables[name].ordinal]
        for name, columns in sorted(filled.items())
    ]


def _digest(told: Any) -> str:
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_HEX_DIGITS]
