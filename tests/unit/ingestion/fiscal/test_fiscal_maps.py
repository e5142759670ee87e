"""Every extraction map against its samples: these fill every column, and the rows are as read elsewhere."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fiscal_documents import FIXTURES, document, enveloped
from map_reading import definitions, places_filled, read_again, rows_of

from ingestion.contracts import dbt_project_dir
from ingestion.fiscal.map_definitions import LAYOUTS_DIR, read_definition
from ingestion.fiscal.reader import Reading
from ingestion.fiscal.tables import SOURCES_YML
from ingestion.plain_yaml import read_yaml

NAMES = sorted(path.stem for path in FIXTURES.glob("*.xml"))

ONE_OF_EACH = [
    "nfe_2.00",
    "nfe_reform",
    "cte_2.00",
    "cte_os",
    "cte_simplified",
    "gtve",
    "mdfe",
    "event_mdfe_loading",
    "status_query_mdfe",
    "voided_numbers",
    "cancellation_before_events",
]

Place = tuple[str, str, str]
"""The family of a map, a row of it (table, element, constants) and a column."""


def family(name: str) -> str:
    """The map at the bottom of what a map extends; a family's samples are one another's."""
    while "extends" in (written := read_yaml(LAYOUTS_DIR / f"{name}.yml")):
        name = written["extends"].removesuffix(".yml")
    return name


def row_name(row: dict[str, Any]) -> str:
    constants = ", ".join(f"{column} {value}" for column, value in row.get("constants", {}).items())
    return f"{row['table']} {row.get('each', '')} {constants}".strip()


def places() -> Iterator[Place]:
    for name, definition in definitions().items():
        for row in definition["rows"]:
            yield from ((family(name), row_name(row), column) for column in row["columns"])


@cache
def filled() -> tuple[frozenset[str], frozenset[Place]]:
    """The maps that have a sample, and what samples give a value for."""
    found = [place for name in NAMES for place in places_filled(document(name))]
    rows = {name: definition["rows"] for name, definition in definitions().items()}
    return (
        frozenset(name for name, _, _ in found),
        frozenset((family(name), row_name(rows[name][number]), column) for name, number, column in found),
    )


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_as_read_again(name: str, read: Callable[..., Reading]) -> None:
    reading = read(document(name))
    assert reading.tables["payloads"].num_rows == 1
    assert rows_of(reading) == read_again(document(name))


@pytest.mark.parametrize("name", ["nfe_reform", "cte_2.00", "mdfe", "event_mdfe_loading", "voided_numbers"])
def test_rows_are_the_same_inside_an_envelope(name: str, read: Callable[..., Reading]) -> None:
    assert rows_of(read(enveloped(document(name)))) == rows_of(read(document(name)))


def without_namespace(content: bytes) -> bytes:
    return re.sub(rb' xmlns="[^"]*"', b"", content)


def with_prefix(content: bytes) -> bytes:
    """Every element with a prefix, as web services write them."""
    return re.sub(rb"<(/?)(\w)", rb"<\1p:\2", content).replace(b" xmlns=", b" xmlns:p=")


def with_byte_order_mark(content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def in_latin_1(content: bytes) -> bytes:
    text = content.decode().removeprefix('<?xml version="1.0" encoding="UTF-8"?>').lstrip()
    return ('<?xml version="1.0" encoding="ISO-8859-1"?>' + text).encode("latin-1")


@pytest.mark.parametrize("change", [without_namespace, with_prefix, with_byte_order_mark, in_latin_1])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_rows_are_the_same_however_it_is_written(
    name: str, change: Callable[[bytes], bytes], read: Callable[..., Reading]
) -> None:
    reading = read(change(document(name)))
    assert reading.refused == []
    assert rows_of(reading) == rows_of(read(document(name)))


@pytest.mark.parametrize("name", sorted(definitions()))
def test_every_map_has_a_sample(name: str) -> None:
    assert name in filled()[0]


def test_every_column_of_a_map_has_a_value_in_some_sample() -> None:
    assert sorted(set(places()) - filled()[1]) == []


@pytest.mark.parametrize("column", ["item_taxes.tax", "parties.role", "links.kind", "components.kind"])
def test_the_contract_lists_what_maps_write(column: str) -> None:
    """Who reads the contract finds every tax, role and kind there."""
    table, _, name = column.partition(".")
    (source,) = read_yaml(dbt_project_dir() / SOURCES_YML)["sources"]
    (columns,) = (each["columns"] for each in source["tables"] if each["name"] == table)
    (description,) = (each["description"] for each in columns if each["name"] == name)
    written = {
        row["constants"][name]
        for definition in definitions().values()
        for row in definition["rows"]
        if row["table"] == table
    }
    assert written <= set(re.findall(r"[\w]+", description))


def test_a_map_takes_over_what_the_one_it_extends_says(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "name: A\nversions: ['1']\n"
        "rows:\n- {table: t, columns: {x: X, y: Y}}\n- {table: u, columns: {z: Z}}\n"
    )
    (tmp_path / "b.yml").write_text(
        "extends: a.yml\nversions: ['2']\nwithout: [t.y]\nrows:\n- {table: u, columns: {z: W}}\n"
    )
    taken = read_definition(tmp_path / "b.yml")
    assert (taken["name"], taken["versions"]) == ("A", ["2"])
    assert taken["rows"] == [{"table": "t", "columns": {"x": "X"}}, {"table": "u", "columns": {"z": "W"}}]
