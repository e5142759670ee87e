"""From a request to one SQL query: filters checked, columns cast to what their type promises.

Everything an outsider says reaches the database as a bound parameter; the text of the query comes from the
catalogue alone. Nothing here opens a file or writes one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from confere.reports.catalogue import Column, ColumnType, Detail, Filter, Report
from confere.reports.errors import ReportRequestError

LOCAL_ZONE: Final = "America/Sao_Paulo"
"""Instants are stored in UTC and told in Brasília's time, whatever the branch: one column, one clock."""

_CASTS: Final[Mapping[ColumnType, str]] = {
    ColumnType.TEXT: "cast({} as varchar)",
    ColumnType.AMOUNT: "cast({} as decimal(18, 2))",
    ColumnType.QUANTITY: "cast({} as decimal(21, 10))",
    ColumnType.INTEGER: "cast({} as bigint)",
    ColumnType.DATE: "cast({} as date)",
    # whole seconds, as every format shows them, so that the hash of the rows speaks of what is written
    ColumnType.INSTANT: f"date_trunc('second', timezone('{LOCAL_ZONE}', {{}}))",
}


@dataclass(frozen=True, slots=True)
class ReportFilters:
    """What of a report is wanted; an empty filter wants everything, several filters hold together.

    companies: CNPJs of branches, or 8-character roots for all branches of a company, with or without
    punctuation. roles: role of that CNPJ (issuer, recipient, taker …). statuses: Sincronizado, Não
    sincronizado (accents and case don't matter). causes: slugs of reference.causes; a row matches by any of
    its causes. models: "55", "57" … . issued_from, issued_to: fiscal issue date, both included. ufs: UF of
    the issuer. access_keys: 44 characters. text: found anywhere in key, number, names, tax ids or ERP key.
    """

    companies: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    issued_from: date | None = None
    issued_to: date | None = None
    ufs: tuple[str, ...] = ()
    access_keys: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """A query ready to run.

    Its first `len(columns)` columns are those of the report, in order; any others follow them.
    `told_filters` are the filters as people read them: title and value, in Portuguese.
    """

    sql: str
    parameters: Mapping[str, Any]
    columns: tuple[Column, ...]
    told_filters: tuple[tuple[str, str], ...]


def build_query(
    report: Report,
    *,
    filters: ReportFilters,
    columns: Sequence[Column],
    detail: Detail,
    further: Sequence[str] = (),
) -> ReportQuery:
    """The query of a report, with `further` SQL expressions after its columns for the writer's own use.

    Raises ReportRequestError for a filter the report does not have or a value that makes no sense.
    """
    wanted = _checked(report, filters=filters)
    selected = [f"{_cell(column)} as {_identifier(column.name)}" for column in columns]
    selected += [f"{expression} as further_{number}" for number, expression in enumerate(further)]
    clauses = [
        "select " + ",\n    ".join(selected),
        f"from {report.relation.strip()}",
        detail.join.strip(),
        "where " + "\n  and ".join([f"({filter_.sql.strip()})" for filter_ in wanted]) if wanted else "",
        "order by " + ", ".join(f"{expression} nulls last" for expression in detail.order_by),
    ]
    return ReportQuery(
        sql="\n".join(clause for clause in clauses if clause),
        parameters={filter_.name: value for filter_, value in wanted.items()},
        columns=tuple(columns),
        told_filters=tuple((filter_.title_pt, _told(value)) for filter_, value in wanted.items()),
    )


def _checked(report: Report, *, filters: ReportFilters) -> dict[Filter, Any]:
    wanted: dict[Filter, Any] = {}
    for field in fields(filters):
        value = getattr(filters, field.name)
        if not value:
            continue
        if field.name not in report.filters:
            raise ReportRequestError(f"report {report.name} cannot be filtered by {field.name}")
        filter_ = report.filters[field.name]
        if isinstance(value, tuple):
            normalise = _NORMALISERS.get(field.name, str.strip)
            value = list(dict.fromkeys(_chosen(filter_, normalise(one)) for one in value))
        wanted[filter_] = value
    if filters.issued_from and filters.issued_to and filters.issued_from > filters.issued_to:
        raise ReportRequestError(
            f"the issue dates end ({filters.issued_to}) before they begin ({filters.issued_from})"
        )
    return wanted


def _chosen(filter_: Filter, value: str) -> str:
    """The value in the spelling of the catalogue; people need not type accents."""
    if not filter_.values:
        return value
    for known in filter_.values:
        if _folded(known) == _folded(value):
            return known
    raise ReportRequestError(f"{filter_.name} cannot be {value!r}; there are {', '.join(filter_.values)}")


def _company(value: str) -> str:
    bare = re.sub(r"[./\-\s]", "", value).upper()
    if not re.fullmatch(r"[0-9A-Z]{8}|[0-9A-Z]{12}[0-9]{2}", bare):
        raise ReportRequestError(f"{value!r} is neither a CNPJ (14 characters) nor the root of one (8)")
    return bare


def _access_key(value: str) -> str:
    bare = re.sub(r"\s", "", value).upper()
    if not re.fullmatch(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}", bare):
        raise ReportRequestError(f"{value!r} is not an access key (44 characters)")
    return bare


_NORMALISERS: Final[Mapping[str, Callable[[str], str]]] = {"companies": _company, "access_keys": _access_key}


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)


def _cell(column: Column) -> str:
    expression = column.sql
    if column.labels:
        cases = " ".join(
            f"when {_literal(code)} then {_literal(label)}" for code, label in column.labels.items()
        )
        expression = f"case {expression} {cases} else {expression} end"
    return _CASTS[column.type].format(expression)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
