"""Ways to read the same documents: the limit, the peers, and confere.

Each is a function from the bytes of documents to what it makes of them, doing what somebody who takes that
way would write: a parser and its settings once, then document by document. All take their columns from
three_tables.yml. Peers are imported where they are used: they are no dependencies of confere.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from lxml import etree

from ingestion.fiscal.extraction_map import Layout, compile_layout
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.map_definitions import LAYOUTS_DIR, read_definition
from ingestion.fiscal.payloads import Payload
from ingestion.fiscal.reader import Reader
from ingestion.fiscal.tables import TableShape, read_tables

Read: TypeAlias = Callable[[Sequence[bytes]], Mapping[str, int]]
"""Reads documents and gives how many rows each table got, so that nobody wins by reading less."""

THREE_TABLES: Final = Path(__file__).with_name("three_tables.yml")

_NAMESPACE: Final = "http://www.portalfiscal.inf.br/nfe"
_PROTOCOL_MAP: Final = "protocolo_nfe.yml"
_AT_ONCE: Final = 200
"""Documents that xml2arrow and confere take at once."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table: what repeats below infNFe ('' where it is the document) and the columns' paths below that."""

    name: str
    each: str
    columns: Mapping[str, str]


def _tables() -> list[_Table]:
    definition = yaml.safe_load(THREE_TABLES.read_text(encoding="utf-8"))
    return [
        _Table(
            row["table"],
            row.get("each", ""),
            row["columns"]
            if "each" in row
            else {"access_key": "@Id", "environment": "ide/tpAmb", **row["columns"]},
        )
        for row in definition["rows"]
    ]


# the limit


def raw_lxml() -> Read:
    """Parsing alone; what is made is thrown away."""

    def read(contents: Sequence[bytes]) -> Mapping[str, int]:
        for content in contents:
            etree.fromstring(content)
        return {}

    return read


# confere


def confere_three_tables() -> Read:
    """The reader with a map of the three tables, in machine code."""
    return _confere(three_tables_only=True, scan=True)


def confere_walk() -> Read:
    """The reference reader: pure Python over lxml, tuned, with the map of the three tables."""
    return _confere(three_tables_only=True, scan=False)


def confere_everything() -> Read:
    """The reader as it is used: every table and every column, in machine code."""
    return _confere(three_tables_only=False, scan=True)


def _confere(*, three_tables_only: bool, scan: bool) -> Read:
    shapes = dict(read_tables())
    layouts: tuple[Layout, ...] | None = None
    if three_tables_only:
        shapes = {name: shapes[name] for name in ("payloads", "files", "protocols")} | _shapes()
        unit_tables = [shape for name, shape in shapes.items() if name not in ("payloads", "files")]
        layouts = tuple(
            compile_layout(read_definition(path), unit_tables, map_name=path.stem)
            for path in (THREE_TABLES, LAYOUTS_DIR / _PROTOCOL_MAP)
        )
    reader = Reader(shapes, limits=Limits(), layouts=layouts)

    def read(contents: Sequence[bytes]) -> Mapping[str, int]:
        rows: dict[str, int] = {}
        for some in _chunks(contents):
            # what a content is known by has its own stage
            payloads = [Payload(content, f"{place:064x}", "") for place, content in enumerate(some)]
            for name, table in reader.read(payloads, scan=scan).tables.items():
                rows[name] = rows.get(name, 0) + table.num_rows
        return rows

    return read


def _shapes() -> dict[str, TableShape]:
    identity = (("access_key", "text"), ("environment", "text"))
    return {
        table.name: TableShape(
            table.name,
            (*identity, *((name, "text") for name in table.columns if (name, "text") not in identity)),
        )
        for table in _tables()
    }


# peers


def lxml_find() -> Read:
    """A `findtext` for each field."""
    tables = [
        (table.name, _clark(table.each), {name: _clark(path) for name, path in table.columns.items()})
        for table in _tables()
    ]
    body_path = _clark("NFe/infNFe")

    def field(element: Any, path: str) -> Any:
        return element.get(path[1:]) if path[0] == "@" else element.findtext(path)

    def read(contents: Sequence[bytes]) -> Mapping[str, int]:
        found: dict[str, list[dict[str, Any]]] = {name: [] for name, _, _ in tables}
        for content in contents:
            body = etree.fromstring(content).find(body_path)
            for name, each, columns in tables:
                found[name] += [
                    {column: field(element, path) for column, path in columns.items()}
                    for element in (body.iterfind(each) if each else (body,))
                ]
        return _counted(found)

    return read


def lxml_xpath() -> Read:
    """An XPath for each field."""
    names = {"n": _NAMESPACE}
    tables = [
        (table.name, _prefixed(table.each), {name: _prefixed(path) for name, path in table.columns.items()})
        for table in _tables()
    ]

    def field(element: Any, path: str) -> Any:
        found = element.xpath(path if path[0] == "@" else f"{path}/text()", namespaces=names)
        return found[0] if found else None

    def read(contents: Sequence[bytes]) -> Mapping[str, int]:
        found: dict[str, list[dict[str, Any]]] = {name: [] for name, _, _ in tables}
        for content in contents:
            (body,) = etree.fromstring(content).xpath("n:NFe/n:infNFe", namespaces=names)
            for name, each, columns in tables:
                found[name] += [
                    {column: field(element, path) for column, path in columns.items()}
                    for element in (body.xpath(each, namespaces=names) if each else (body,))
                ]
        return _counted(found)

    return read


def xml_to_dict() -> Read:
    """xmltodict, then a look-up for each field."""
    import xmltodict

    def step(value: Any, name: str) -> Any:
        return value.get(name) if isinstance(value, dict) else None

    def read(contents: Sequence[bytes]) -> Mapping[str, int]:
        return _read_objects(
            contents, lambda content: xmltodict.parse(content)["nfeProc"]["NFe"]["infNFe"], step
        )

    return read


def nfelib_objects() -> Read:
    """nfelib's objects, then an attribute for each field."""
    from nfelib.nfe.bindings.v4_0.proc_nfe_v4_00 import NfeProc
    from xsdata.formats.dataclass.parsers import XmlParser
    from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler

    # its own from_xml makes a parser for each document, which takes ten times as long
    parser = XmlParser(handler=XmlEventHandler)

    def step(value: Any, name: str) -> Any:
        found = getattr(value, name.lstrip("@"), None)
        # closed sets of values come as enumerations
        return getattr(found, "value", found)

    def read(contents: Sequence[bytes]) -> Mapping[str, int]:
        return _read_objects(contents, lambda content: parser.from_bytes(content, NfeProc).NFe.infNFe, step)

    return read


def xml_to_arrow() -> Read:
    """xml2arrow, many documents in one call below an element made for it.

    Two calls, since a field belongs to the innermost table around it: beside a table of items, which are
    children of infNFe, no other table gets anything of infNFe.
    """
    from xml2arrow import XmlToArrowParser

    top = "/all/nfeProc/NFe/infNFe"
    homes = {"documents": "/all", "items": top, "instalments": f"{top}/cobr"}

    def parser_of(*names: str) -> Any:
        config = {
            "tables": [
                {
                    "name": table.name,
                    "xml_path": homes[table.name],
                    "levels": [],
                    "fields": [
                        {
                            "name": name,
                            "xml_path": "/".join(filter(None, (top, table.each, path))),
                            "data_type": "Utf8",
                            "nullable": True,
                        }
                        for name, path in table.columns.items()
                    ],
                }
                for table in _tables()
                if table.name in names
            ]
        }
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump(config, file)
            file.flush()
            return XmlToArrowParser(file.name)

    parsers = (parser_of("documents"), parser_of("items", "instalments"))
    declaration = re.compile(rb"^<\?xml[^>]*\?>")
    first = {"documents": "access_key", "items": "item", "instalments": "number"}

    def read(contents: Sequence[bytes]) -> Mapping[str, int]:
        rows = dict.fromkeys(homes, 0)
        for some in _chunks(contents):
            joined = b"".join((b"<all>", *(declaration.sub(b"", content) for content in some), b"</all>"))
            for parser in parsers:
                for name, batch in parser.parse(joined).items():
                    # every child of the element is a row; one that is not of the table is empty
                    rows[name] += batch.num_rows - batch.column(first[name]).null_count
        return rows

    return read


def _read_objects(
    contents: Sequence[bytes], body_of: Callable[[bytes], Any], step: Callable[[Any, str], Any]
) -> Mapping[str, int]:
    tables = [
        (
            table.name,
            table.each.split("/") if table.each else [],
            [(n, p.split("/")) for n, p in table.columns.items()],
        )
        for table in _tables()
    ]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name, _, _ in tables}
    for content in contents:
        body = body_of(content)
        for name, each, columns in tables:
            repeated = reduce(step, each, body)
            if repeated is None:
                continue
            found[name] += [
                {column: reduce(step, path, element) for column, path in columns}
                for element in (repeated if isinstance(repeated, list) else (repeated,))
            ]
    return _counted(found)


READERS: Final[Mapping[str, Callable[[], Read]]] = {
    "raw lxml parse": raw_lxml,
    "confere, three tables": confere_three_tables,
    "confere, every table": confere_everything,
    "xml2arrow": xml_to_arrow,
    "tuned pure-Python lxml": confere_walk,
    "lxml, a find per field": lxml_find,
    "lxml, an XPath per field": lxml_xpath,
    "xmltodict": xml_to_dict,
    "nfelib objects": nfelib_objects,
}
"""Every way by the name that it has in the report; the first is the limit."""


def _chunks(contents: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(contents), _AT_ONCE):
        yield contents[start : start + _AT_ONCE]


def _counted(found: Mapping[str, list[dict[str, Any]]]) -> Mapping[str, int]:
    return {name: len(rows) for name, rows in found.items()}


def _clark(path: str) -> str:
    return (
        path
        if path.startswith("@")
        else "/".join(f"{{{_NAMESPACE}}}{name}" for name in path.split("/") if name)
    )


def _prefixed(path: str) -> str:
    return path if path.startswith("@") else "/".join(f"n:{name}" for name in path.split("/") if name)
