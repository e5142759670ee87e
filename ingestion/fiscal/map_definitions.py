"""Extraction maps as written: the YAML files of layouts/, each with what it takes over from another.

Holds reading only: what a map's notation means lives in extraction_map.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ingestion.plain_yaml import read_yaml

LAYOUTS_DIR: Final = Path(__file__).parent / "layouts"

_EXTENDS: Final = "extends"


def read_definitions(directory: Path = LAYOUTS_DIR) -> Mapping[str, Mapping[str, Any]]:
    """Every map of `directory` by its name, in the order of the file names."""
    return {path.stem: read_definition(path) for path in sorted(directory.glob("*.yml"))}


def read_definition(path: Path) -> Mapping[str, Any]:
    """A map as written, with what it takes over from the map that it extends.

    What a map says stands instead of what the other says, its `rows` of a table instead of the other's rows
    of that table, and `without` lists columns (`table.column`) that the other has and it has not.
    """
    definition: dict[str, Any] = read_yaml(path)
    if _EXTENDS not in definition:
        return definition
    base = read_definition(path.with_name(definition[_EXTENDS]))
    own = {row["table"] for row in definition.get("rows", ())}
    without = {tuple(place.split(".")) for place in definition.get("without", ())}
    taken = [
        {
            **row,
            "columns": {
                column: spec
                for column, spec in row["columns"].items()
                if (row["table"], column) not in without
            },
        }
        for row in base["rows"]
        if row["table"] not in own
    ]
    return {**base, **definition, "rows": [*taken, *definition.get("rows", ())]}
