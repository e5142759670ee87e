"""Extraction maps: what the notation means, and that a mistake in one is found when it is compiled."""

from typing import Any

import pytest
from lxml import etree

from ingestion.fiscal.extract import Rows
from ingestion.fiscal.extraction_map import (
    ExtractionMapError,
    Layout,
    Steps,
    compile_layout,
    read_layouts,
)
from ingestion.fiscal.map_definitions import LAYOUTS_DIR
from ingestion.fiscal.payloads import FILES, PAYLOADS
from ingestion.fiscal.refusals import Refused
from ingestion.fiscal.tables import TableShape, read_tables
from ingestion.plain_yaml import read_yaml

KEY = "35261111222333000181550010000001011100000011"
TABLES = [
    TableShape("heads", (("access_key", "text"), ("environment", "text"), ("a", "text"), ("b", "text"))),
    TableShape("lines", (("access_key", "text"), ("line", "bigint"), ("a", "text"), ("b", "text"))),
]
BASE: dict[str, Any] = {
    "name": "test",
    "kind": "document",
    "element": "doc",
    "versions": ["1"],
    "start": "doc",
    "identity": {"access_key": "@key", "environment": "env"},
    "rows": [],
}


def layout(*rows: dict[str, Any], **more: Any) -> Layout:
    return compile_layout({**BASE, "rows": list(rows), **more}, TABLES, map_name="test")


def extract(compiled: Layout, body: str) -> dict[str, list[tuple[Any, ...]]]:
    element = etree.fromstring(f'<doc key="{KEY}"><env>1</env>{body}</doc>')
    rows = Rows(TABLES)
    rows.add(compiled, [(compiled.steps.below("doc"), element)], content="c", ordinal=0, wrapper="w")
    return {
        name: [(row["a"], row["b"]) for row in table.to_pylist()] for name, table in rows.tables().items()
    }


@pytest.mark.parametrize(
    ("columns", "body", "expected"),
    [
        pytest.param({"a": "x", "b": "g/y"}, "<x> 1 </x><g><y>2</y></g>", ("1", "2"), id="paths"),
        pytest.param({"a": "x", "b": "x"}, "<x>1</x>", ("1", "1"), id="one element, two columns"),
        pytest.param({"a": ["x", "y"]}, "<y>2</y>", ("2", None), id="alternatives"),
        pytest.param({"a": ["x", "y"]}, "<x>1</x><y/>", ("1", None), id="an empty one does not count"),
        pytest.param({"a": {"prefer": ["y", "x"]}}, "<x>1</x><y>2</y>", ("2", None), id="preference"),
        pytest.param({"a": {"prefer": ["y", "x"]}}, "<y>2</y><x>1</x>", ("2", None), id="in any order"),
        pytest.param({"a": {"one": "x", "two": "y"}}, "<y>2</y>", ("two", None), id="constants"),
        pytest.param({"a": "g/*/x", "b": "g/*/name()"}, "<g><h><x>1</x></h></g>", ("1", "h"), id="any"),
        pytest.param({"a": "g/*/x", "b": "g/h/y"}, "<g><h><x>1</x><y>2</y></h></g>", ("1", "2"), id="both"),
        pytest.param({"a": "g/@v", "b": "g/name()"}, '<g v="1"/>', ("1", "g"), id="attribute"),
        pytest.param({"a": "g/*[]"}, "<g><x>1</x><y>2</y></g><g><x>3</x></g>", ("1 | 2 | 3", None), id="all"),
        pytest.param({"a": "$wrapper", "b": "$model"}, "", ("w", "55"), id="what the caller knows"),
        pytest.param({"a": "x", "b": "/doc/y"}, "<x>1</x><y>2</y>", ("1", "2"), id="from the top"),
        pytest.param({"a": "x"}, "<other><x>1</x></other>", (None, None), id="not elsewhere"),
        pytest.param({"a": "x"}, "<x>  </x>", (None, None), id="blank"),
        pytest.param({"a": "x"}, '<x xmlns="urn:foreign">1</x>', ("1", None), id="any namespace"),
        pytest.param({"a": "x"}, "<x>1<z>2</z></x>", ("1", None), id="unexpected children"),
    ],
)
def test_columns(columns: dict[str, Any], body: str, expected: tuple[str | None, str | None]) -> None:
    assert extract(layout({"table": "heads", "columns": columns}), body)["heads"] == [expected]


def test_rows_of_repeating_elements() -> None:
    compiled = layout(
        {"table": "heads", "columns": {"a": "x"}},
        {"table": "lines", "each": "g/line", "columns": {"a": "@n", "b": "x"}},
        {"table": "lines", "each": "g/line/part", "constants": {"b": "part"}, "columns": {"a": "x"}},
    )
    body = '<g><line n="1"><x>1</x><part><x>9</x></part></line></g><g><line n="2"/></g>'
    assert extract(compiled, body) == {
        "heads": [(None, None)],
        "lines": [("9", "part"), ("1", "1"), ("2", None)],
    }


def test_a_row_has_conditions() -> None:
    compiled = layout(
        {"table": "lines", "each": "line", "when": "a", "columns": {"a": "x", "b": "y"}},
        drop_where={"lines.b": "0+"},
    )
    body = "<line><x>1</x><y>00</y></line><line><y>1</y></line><line><x>3</x><y>10</y></line>"
    assert extract(compiled, body)["lines"] == [("3", "10")]


def test_a_switch_takes_from_the_element_that_a_code_names() -> None:
    compiled = layout(
        {"table": "heads", "columns": {"a": "who:id", "b": "who:name()"}},
        switches={"who": {"by": "code", "cases": {"0": "x", "1": "y"}, "names": {"0": "ex", "1": "why"}}},
    )
    people = "<x><id>1</id></x><y><id>2</id></y>"
    assert extract(compiled, f"<code> 1 </code>{people}")["heads"] == [("2", "why")]
    assert extract(compiled, "<code>0</code>")["heads"] == [(None, "ex")]
    assert extract(compiled, f"<code>7</code>{people}")["heads"] == [(None, None)]


def test_a_refused_unit_leaves_no_row() -> None:
    compiled = layout(
        {"table": "lines", "each": "line", "columns": {"a": "x"}}, required={"environment": "2"}
    )
    rows = Rows(TABLES)
    element = etree.fromstring(f'<doc key="{KEY}"><line><x>1</x></line><env>1</env></doc>')
    with pytest.raises(Refused):
        rows.add(compiled, [(compiled.steps.below("doc"), element)], content="c", ordinal=0, wrapper="w")
    assert rows.tables()["lines"].num_rows == 0


def test_learned_tags_are_bounded() -> None:
    steps = Steps()
    steps.by_name["known"] = 7
    for number in range(5_000):
        assert steps[f"{{urn:{number}}}known"] == 7
        assert steps[f"unknown{number}"] == 0
    assert len(steps) <= 2_000


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"table": "heads", "columns": {"z": "x"}}, "no column z"),
        ({"table": "none", "columns": {"a": "x"}}, "none"),
        ({"table": "heads", "columns": {"a": 7}}, "7 is no path"),
        ({"table": "heads", "columns": {"a": {"prefer": ["@v", "x"]}}}, "cannot be preferred"),
        ({"table": "lines", "each": "line", "columns": {"a": "/doc/x"}}, "outside the element that repeats"),
        ({"table": "lines", "each": "line", "columns": {"a": "who:x"}}, "mixes a switch"),
    ],
)
def test_mistakes_are_found(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ExtractionMapError, match=message):
        layout(row, switches={"who": {"by": "code", "cases": {"0": "x"}, "names": {}}})


def test_a_path_through_a_repeating_element_is_a_mistake() -> None:
    with pytest.raises(ExtractionMapError, match="enters an element that repeats"):
        layout(
            {"table": "lines", "each": "line", "columns": {"a": "x"}},
            {"table": "heads", "columns": {"a": "line/x"}},
        )


def test_every_map_compiles_and_every_column_of_the_contract_is_filled_by_one() -> None:
    tables = read_tables()
    units = [table for name, table in tables.items() if name not in (PAYLOADS, FILES)]
    assert len(read_layouts(units)) == len(list(LAYOUTS_DIR.glob("*.yml")))
    filled: dict[str, set[str]] = {}
    for path in LAYOUTS_DIR.glob("*.yml"):
        for row in read_yaml(path)["rows"]:
            filled.setdefault(row["table"], set()).update(row["columns"], row.get("constants", ()))
    assert {table.name: set(table.own) for table in units} == filled
