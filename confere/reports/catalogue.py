"""The catalogue of reports, read from reports.yml.

It tells which columns a report has, where they come from and how it can be filtered. A report is data. A new
one (balances, settlements …) is a block in reports.yml and needs no Python. No SQL, no title and no file
format may be put here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from confere.reports.errors import ReportRequestError


class ColumnType(StrEnum):
    """What a cell holds; decides how each format writes it.

    `instant` columns are told in Brasília's local time without an offset, as an analyst reads them;
    everything else as stored.
    """

    TEXT = "text"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    INTEGER = "integer"
    DATE = "date"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a report can show.

    `sql` is an expression over the relations of the report. `labels` replaces codes by words; a code
    without a word is shown as it came. `details` are the levels of detail that know the column, `visible`
    those that show it unless other columns are asked for.
    """

    name: str
    title_pt: str
    sql: str
    type: ColumnType
    width: int
    labels: Mapping[str, str]
    details: frozenset[str]
    visible: frozenset[str]


@dataclass(frozen=True, slots=True)
class Detail:
    """A level of detail: how the report's relation is extended, and what makes its order of rows total."""

    name: str
    title_pt: str
    join: str
    order_by: tuple[str, ...]
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition with one named parameter, which has the filter's own name.

    `values` is the closed list of what may be asked for; empty where anything may.
    """

    name: str
    title_pt: str
    sql: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class XmlFiles:
    """Where a report finds the stored bytes of its documents.

    `access_key`, `content_sha256` and `model` are SQL expressions; `kind_by_model` gives the word in the
    file's name, `manifest` the columns of the list beside the files.
    """

    access_key: str
    content_sha256: str
    model: str
    kind_by_model: Mapping[str, str]
    manifest: tuple[str, ...]

    @property
    def expressions(self) -> tuple[str, str, str]:
        """What a row has to carry for its file to be found: access key, content hash, model."""
        return self.access_key, self.content_sha256, self.model


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its relation, columns in their default order, levels of detail and filters."""

    name: str
    title_pt: str
    tables: tuple[str, ...]
    relation: str
    details: Mapping[str, Detail]
    filters: Mapping[str, Filter]
    columns: Mapping[str, Column]
    xml_files: XmlFiles | None

    def detail(self, name: str) -> Detail:
        """The level of detail of that name; ReportRequestError lists the ones there are."""
        try:
            return self.details[name]
        except KeyError:
            raise ReportRequestError(
                f"report {self.name} has no level of detail {name!r}; there are {', '.join(self.details)}"
            ) from None

    def columns_of(self, detail: Detail, *, wanted: tuple[str, ...] | None) -> tuple[Column, ...]:
        """The wanted columns in the wanted order, or the report's own.

        ReportRequestError names what the report does not have.
        """
        known = {name: column for name, column in self.columns.items() if detail.name in column.details}
        if wanted is None:
            return tuple(column for column in known.values() if detail.name in column.visible)
        if not wanted:
            raise ReportRequestError("a report needs at least one column")
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise ReportRequestError(
                f"report {self.name} has no column {', '.join(unknown)} at detail {detail.name};"
                f" there are {', '.join(known)}"
            )
        repeated = sorted({name for name in wanted if wanted.count(name) > 1})
        if repeated:
            raise ReportRequestError(f"column {', '.join(repeated)} is asked for more than once")
        return tuple(known[name] for name in wanted)


def find_report(name: str) -> Report:
    """The report of that name; ReportRequestError lists the ones there are."""
    catalogue = read_catalogue()
    try:
        return catalogue[name]
    except KeyError:
        raise ReportRequestError(f"there is no report {name!r}; there are {', '.join(catalogue)}") from None


@cache
def read_catalogue() -> Mapping[str, Report]:
    """Every report by name, in the order of reports.yml."""
    text = files("confere.reports").joinpath("reports.yml").read_text(encoding="utf-8")
    return {name: _report(name, block) for name, block in yaml.safe_load(text)["reports"].items()}


def _report(name: str, block: Mapping[str, Any]) -> Report:
    details = {
        key: Detail(
            name=key,
            title_pt=detail["title_pt"],
            join=detail.get("join", ""),
            order_by=tuple(detail["order_by"]),
            tables=tuple(detail.get("tables", ())),
        )
        for key, detail in block["details"].items()
    }
    return Report(
        name=name,
        title_pt=block["title_pt"],
        tables=tuple(block["tables"]),
        relation=block["relation"],
        details=details,
        filters={
            key: Filter(
                name=key,
                title_pt=filter_["title_pt"],
                sql=filter_["sql"],
                values=tuple(filter_.get("values", ())),
            )
            for key, filter_ in block["filters"].items()
        },
        columns={column["name"]: _column(column, details=frozenset(details)) for column in block["columns"]},
        xml_files=_xml_files(block.get("xml_files")),
    )


def _column(block: Mapping[str, Any], *, details: frozenset[str]) -> Column:
    known = frozenset(block.get("details", details))
    return Column(
        name=block["name"],
        title_pt=block["title_pt"],
        sql=block["sql"],
        type=ColumnType(block["type"]),
        width=block.get("width", 16),
        labels=block.get("labels", {}),
        details=known,
        visible=frozenset(block.get("visible", known)),
    )


def _xml_files(block: Mapping[str, Any] | None) -> XmlFiles | None:
    if block is None:
        return None
    return XmlFiles(
        access_key=block["access_key"],
        content_sha256=block["content_sha256"],
        model=block["model"],
        kind_by_model=block["kind_by_model"],
        manifest=tuple(block["manifest"]),
    )
