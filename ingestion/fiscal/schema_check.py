"""The check against official schemas: the bytes of one payload to a verdict for each element that has one.

The schemas are those that the package `nfelib` carries; which is for what stands in schemas.csv. A verdict
is advice and refuses nothing: packages change under one layout version, so that what was authorised yesterday
may fail the schema of today. Needs `nfelib` installed, and never imports it: its parsers would come along.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, Final

from lxml import etree

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.parser import local_name, parse
from ingestion.fiscal.refusals import Refused
from ingestion.fiscal.signed_elements import find_signed, identity_of, text_at

SCHEMAS_CSV: Final = Path(__file__).with_name("schemas.csv")

_LIBRARY: Final = "nfelib"
_VERSION: Final = "1"
"""Raised when the same bytes and schemas may get another verdict: what is stored is then judged again."""

# by the attribute that gives the version of what is open in an element
_HOLDERS: Final = {"{*}infModal": "versaoModal", "{*}detEvento": "versaoEvento"}

_PACKAGE: Final = re.compile(r"^SCHEMA_PACKAGE\s*(?::\s*str)?\s*=\s*(['\"])(.+)\1\s*$", re.MULTILINE)
_MOST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class SchemaVerdict:
    """The verdict on one element: a row of raw_fiscal_xml.schema_verdicts, but for its envelope.

    `schema_package` is null where the library does not say which one it carries. A payload without any
    element that has a schema has one row of nulls.
    """

    root: str | None = None
    layout_version: str | None = None
    access_key: str | None = None
    environment: str | None = None
    event_type: str | None = None
    sequence: str | None = None
    is_valid: bool | None = None
    error_count: int | None = None
    first_error: str | None = None
    schema_file: str | None = None
    schema_package: str | None = None
    library: str | None = None
    check_version: str | None = None


@dataclass(frozen=True, slots=True)
class _Schema:
    """A schema as it was loaded, and the package it came in."""

    validator: etree.XMLSchema
    file: str
    package: str | None


class SchemaJudge:
    """Judges payloads one by one; loads a schema (2 to 25 ms, 4 MB) when the first document needs it."""

    def __init__(self, *, limits: Limits) -> None:
        self._limits = limits
        self._folder = library_folder()
        self._library = f"{_LIBRARY} {version(_LIBRARY)}"
        self._schemas: dict[str, _Schema] = {}
        self.version = f"{_VERSION}, {self._library}"

    def judge(self, content: bytes) -> list[SchemaVerdict]:
        """The verdicts on a payload in document order, never none."""
        try:
            root = parse(content, limits=self._limits, verbatim=True).root
        except Refused:
            return [SchemaVerdict(check_version=self.version)]
        return [
            self._verdict(part, file, about) for whole in _judged(root) for part, file, about in _parts(whole)
        ] or [SchemaVerdict(check_version=self.version)]

    def _verdict(self, element: Any, file: str, about: Mapping[str, str | None]) -> SchemaVerdict:
        schema = self._schemas.get(file) or self._load(file)
        is_valid = schema.validator.validate(element)
        errors = schema.validator.error_log
        return SchemaVerdict(
            **about,
            is_valid=is_valid,
            error_count=len(errors),
            first_error=None if is_valid else f"line {errors[0].line}: {errors[0].message}"[:_MOST_TEXT],
            schema_file=schema.file,
            schema_package=schema.package,
            library=self._library,
            check_version=self.version,
        )

    def _load(self, file: str) -> _Schema:
        path = self._folder / file
        schema = _Schema(etree.XMLSchema(file=str(path)), file, _package_of(path))
        self._schemas[file] = schema
        return schema


def library_folder() -> Path:
    """Where the library's files are; ModuleNotFoundError when it is not installed."""
    spec = find_spec(_LIBRARY)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {_LIBRARY!r}", name=_LIBRARY)
    return Path(spec.origin).parent


@dataclass(frozen=True, slots=True)
class Schemas:
    """The files of schemas.csv, relative to the library.

    `wholes` are by root, layout version and type of event ('' for any); `parts`, of what is open in another
    schema, by that schema's folder, root and version.
    """

    wholes: Mapping[tuple[str, str, str], str]
    parts: Mapping[tuple[str, str, str], str]

    def of_whole(self, root: str, layout_version: str, event_type: str) -> str | None:
        """The schema of an element that stands by itself."""
        files = (self.wholes.get((root, layout_version, each)) for each in (event_type, ""))
        return next(filter(None, files), None)

    def of_part(self, root: str, layout_version: str, whole: str) -> str | None:
        """The schema of an element within one that is held to the schema `whole`."""
        return self.parts.get((_folder_of(whole), root, layout_version))


@cache
def schemas() -> Schemas:
    """Which schema is for what."""
    with SCHEMAS_CSV.open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    parts = [row for row in listed if row["holder"]]
    wholes = [row for row in listed if not row["holder"]]
    return Schemas(
        {(row["root"], row["version"], row["event_type"]): row["file"] for row in wholes},
        {(_folder_of(row["file"]), row["root"], row["version"]): row["file"] for row in parts},
    )


def _folder_of(file: str) -> str:
    return file.rpartition("/")[0]


@cache
def _roots() -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{{*}}{root}" for root, _, _ in schemas().wholes))


def _judged(root: Any) -> Iterator[Any]:
    """The outermost elements that some schema is for."""
    taken: set[Any] = set()
    for element in root.iter(*_roots()):
        if not taken or taken.isdisjoint(element.iterancestors()):
            taken.add(element)
            yield element


def _parts(whole: Any) -> Iterator[tuple[Any, str, dict[str, str | None]]]:
    """An element and what is open in it, each with its schema and what it is about; none without a schema."""
    about: dict[str, str | None] = {"access_key": text_at(whole, "chNFe") or None}
    told = whole.get("versao")
    for signed, kind in islice(find_signed(whole), 1):
        about = identity_of(signed, kind)
        told = told or signed.get("versao")
    file = schemas().of_whole(local_name(whole), told or "", about.get("event_type") or "")
    if file is None:
        return
    yield whole, file, {**about, "root": local_name(whole), "layout_version": told}
    for holder in whole.iter(*_HOLDERS):
        told = holder.get(_HOLDERS[f"{{*}}{local_name(holder)}"])
        for part in holder.iterchildren(etree.Element):
            of_part = schemas().of_part(local_name(part), told or "", file)
            if of_part is not None:
                yield part, of_part, {**about, "root": local_name(part), "layout_version": told}


def _package_of(schema: Path) -> str | None:
    """The schema package that the library says it carries, from the bindings made of the same package."""
    # <document>/schemas/<version>/<file>.xsd stands beside <document>/bindings/<version>
    bindings = schema.parents[2] / "bindings" / schema.parent.name / "__init__.py"
    try:
        stated = _PACKAGE.search(bindings.read_text(encoding="utf-8"))
    except OSError:
        return None
    return stated[2] if stated else None
