"""A second reading of payloads by the same maps, by plain search in another library, to hold ours against.

Nothing is compiled here and nothing walked once: each column of each row is looked up by itself.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET

from ingestion.fiscal.access_key import is_access_key, model_of
from ingestion.fiscal.map_definitions import read_definitions
from ingestion.fiscal.tables import read_tables

Definition: TypeAlias = Mapping[str, Any]
Place: TypeAlias = tuple[str, ...]
Found: TypeAlias = tuple[int, str]
"""A text and where it stands in the document."""

_OWN = {name: shape.own for name, shape in read_tables().items()}

_EVENT_KEYS = {"chNFe", "chCTe", "chMDFe"}
_PAIRS = {
    "evento": ["evento", "eventoCTe", "eventoMDFe"],
    "inut": ["inutNFe", "inutCTe"],
    "canc": ["cancNFe", "cancCTe"],
}
_SENT = {name: pair for pair, names in _PAIRS.items() for name in names}
_ANSWERED = {f"ret{name[0].upper()}{name[1:]}": f"ret{pair.capitalize()}" for name, pair in _SENT.items()}


@cache
def definitions() -> Mapping[str, Definition]:
    """The maps by the name of their file, which each holds too."""
    return {name: {**definition, "map": name} for name, definition in read_definitions().items()}


def paths_of(spec: Any) -> list[str]:
    """The paths that a column may be read from."""
    if isinstance(spec, str):
        return [spec]
    if isinstance(spec, list):
        return spec
    values = [spec["prefer"]] if "prefer" in spec else spec.values()
    return [path for value in values for path in paths_of(value)]


def read_again(content: bytes) -> dict[str, Counter[tuple[Any, ...]]]:
    """The rows of a payload by table: access key, environment, and the columns that maps fill."""
    rows: dict[str, Counter[tuple[Any, ...]]] = {}
    for definition, unit, wrapper in _units(_parsed(content)):
        for row, cells in _Unit(definition, unit, wrapper).rows():
            texts = (cells.get(column) for column in ("access_key", "environment", *_OWN[row["table"]]))
            rows.setdefault(row["table"], Counter())[tuple(texts)] += 1
    return rows


def places_filled(content: bytes) -> Iterator[tuple[str, int, str]]:
    """What a payload gives a value for: the map, the number of its row and the column."""
    for definition, unit, wrapper in _units(_parsed(content)):
        for row, cells in _Unit(definition, unit, wrapper).rows():
            number = next(n for n, each in enumerate(definition["rows"]) if each is row)
            yield from ((definition["map"], number, column) for column, text in cells.items() if text)


def _parsed(content: bytes) -> ET.Element:
    root = ET.fromstring(content)  # noqa: S314 - samples, and files that our parser took already
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for name in list(element.attrib):
            element.attrib[name.rpartition("}")[2]] = element.attrib.pop(name)
    return root


def _units(root: ET.Element) -> Iterator[tuple[Definition, ET.Element, str]]:
    """Each unit as an element that holds its parts under the names of the map, and the outermost name."""
    by_owner: dict[tuple[str, str | None], list[Definition]] = {}
    for definition in definitions().values():
        owner = definition["start"].split("/")[0]
        by_owner.setdefault((owner, definition.get("key_element")), []).append(definition)

    def choose(owner: str, key: str | None, version: str | None) -> Definition | None:
        fitting = (
            each
            for each in by_owner.get((owner, key), ())
            if each["versions"] == "any" or version in each["versions"]
        )
        return next(fitting, None)

    def below(
        siblings: Sequence[ET.Element], outer: str | None
    ) -> Iterator[tuple[Definition, ET.Element, str]]:
        taken: set[int] = set()
        for number, element in enumerate(siblings):
            if number in taken:
                continue
            name, outermost = element.tag, outer or element.tag
            if name in ("Envelope", "Body") or (outer is None and name.endswith(("Msg", "Result", "Header"))):
                outermost = ""
            parts = {}
            if name in _SENT and not any(child.tag in _SENT for child in element):
                parts[_SENT[name]] = element
                after = siblings[number + 1] if number + 1 < len(siblings) else None
                if after is not None and _ANSWERED.get(after.tag) == f"ret{_SENT[name].capitalize()}":
                    parts[_ANSWERED[after.tag]] = after
                    taken.add(number + 1)
            elif name in _ANSWERED:
                parts[_ANSWERED[name]] = element
            if parts:
                pair = next(iter(parts)).removeprefix("ret").lower()
                keys = {leaf.tag for body in element for leaf in body if leaf.tag in _EVENT_KEYS}
                key = None if pair != "evento" else min(keys, default=None)
                found = choose(pair, key, element.get("versao"))
                if found is not None:
                    yield found, _together(parts), outermost
                continue
            body = next((child for child in element if child.find("ide") is not None), None)
            version = element.get("versao") if body is None else body.get("versao")
            found = choose(name, None, version)
            if found is not None and (found["kind"] != "document" or body is not None):
                yield found, _together({name: element}), outermost
                if found.get("optional"):
                    yield from below(list(element), outermost)
            elif found is None:
                yield from below(list(element), outermost or None)

    yield from below([root], None)


def _together(parts: Mapping[str, ET.Element]) -> ET.Element:
    unit = ET.Element("unit")
    for name, element in parts.items():
        part = ET.SubElement(unit, name, element.attrib)
        part.text = element.text
        part.extend(element)
    return unit


class _Unit:
    """One unit read by one map."""

    def __init__(self, definition: Definition, unit: ET.Element, wrapper: str) -> None:
        self._map = definition
        self._unit = unit
        self._wrapper = wrapper
        self._order = {element: number for number, element in enumerate(unit.iter())}
        start = definition["start"].split("/")
        repeating = {
            element
            for row in definition["rows"]
            if "each" in row
            for element in self._at([unit], [*start, *row["each"].split("/")])
        }
        # the innermost element that repeats, around each element
        self._around: dict[ET.Element, ET.Element | None] = {unit: None}
        for element in unit.iter():
            for child in element:
                self._around[child] = child if child in repeating else self._around[element]
        identity = definition["identity"]
        key = self._text(None, identity["access_key"]) if "access_key" in identity else None
        told = identity.get("access_key_prefix", "")
        prefixes = [told] if isinstance(told, str) else told
        rests = [(key or "").strip().removeprefix(prefix) for prefix in prefixes]
        self.key = next(filter(is_access_key, rests), None)
        self.environment = self._text(None, identity["environment"]) if "environment" in identity else None

    def rows(self) -> Iterator[tuple[Mapping[str, Any], dict[str, str | None]]]:
        """The rows as the map has them, each with its texts by column."""
        if "access_key" in self._map["identity"] and self.key is None:
            return
        for row in self._map["rows"]:
            for element in self._elements(row):
                cells = dict(row.get("constants", {}))
                cells |= {column: self._text(element, spec) for column, spec in row["columns"].items()}
                if ("when" not in row or cells[row["when"]]) and not self._is_dropped(row["table"], cells):
                    cells |= {"access_key": self.key, "environment": self.environment}
                    yield row, {column: (text or "").strip() or None for column, text in cells.items()}

    def _is_dropped(self, table: str, cells: Mapping[str, str | None]) -> bool:
        places = ((*place.split("."), pattern) for place, pattern in self._map.get("drop_where", {}).items())
        return any(
            dropped == table and re.fullmatch(pattern, (cells[column] or "").strip()) is not None
            for dropped, column, pattern in places
        )

    def _elements(self, row: Mapping[str, Any]) -> list[ET.Element | None]:
        if "each" not in row:
            return [None]
        return [*self._at([self._unit], [*self._map["start"].split("/"), *row["each"].split("/")])]

    def _at(self, elements: list[ET.Element], path: Sequence[str]) -> list[ET.Element]:
        for name in path:
            elements = [child for element in elements for child in element if name in ("*", child.tag)]
        return elements

    def _text(self, element: ET.Element | None, spec: Any) -> str | None:
        match spec:
            case "$wrapper":
                return self._wrapper
            case "$model":
                return None if self.key is None else model_of(self.key)
            case {"prefer": paths}:
                # the first path that leads anywhere, and of that the first place
                every = (sorted(self._found(element, path)) for path in paths)
                return next((found[0][1] for found in every if found), None)
            case dict():
                last = max(
                    (
                        (place, constant)
                        for constant, paths in spec.items()
                        for path in paths_of(paths)
                        for place, _ in self._found(element, path)
                    ),
                    default=(0, None),
                )
                return last[1]
        found = sorted(found for path in paths_of(spec) for found in self._found(element, path))
        if paths_of(spec)[0].endswith("[]"):
            return " | ".join(text for _, text in found) or None
        return found[-1][1] if found else None

    def _found(self, element: ET.Element | None, path: str) -> list[Found]:
        switch, _, inner = path.partition(":")
        if switch in self._map.get("switches", {}):
            return self._switched(self._map["switches"][switch], inner)
        if path == ".":
            return [] if element is None or not element.text else [(self._order[element], element.text)]
        *way, last = path.removesuffix("[]").lstrip("/").split("/")
        if element is None:
            start = [] if path.startswith("/") else self._map["start"].split("/")
            way = [*start, *way]
        within = self._at([self._unit if element is None else element], way)
        if last.startswith("@"):
            return [(self._order[each], each.get(last[1:], "")) for each in within if each.get(last[1:])]
        if last == "name()":
            return [(self._order[each], each.tag) for each in within if self._is_own(element, each)]
        leaves = self._at(within, [last])
        return [
            (self._order[each], each.text) for each in leaves if each.text and self._is_own(element, each)
        ]

    def _is_own(self, element: ET.Element | None, found: ET.Element) -> bool:
        """Whether what was found lies in no element that repeats below the row's own."""
        return self._around[found] is element

    def _switched(self, switch: Mapping[str, Any], inner: str) -> list[Found]:
        code = (self._text(None, switch["by"]) or "").strip()
        if inner == "name()":
            return [(0, switch["names"][code])] if code in switch["names"] else []
        group = switch["cases"].get(code)
        return [] if group is None else self._found(None, f"{group}/{inner}")


def rows_of(reading: Any) -> dict[str, Counter[tuple[Any, ...]]]:
    """Our own rows in the form of read_again."""
    rows: dict[str, Counter[tuple[Any, ...]]] = {}
    for table, content in reading.tables.items():
        if table in ("payloads", "files") or not content.num_rows:
            continue
        names = _OWN[table]
        rows[table] = Counter(
            (row.get("access_key"), row.get("environment"), *(row[name] for name in names))
            for row in content.to_pylist()
        )
    return rows
