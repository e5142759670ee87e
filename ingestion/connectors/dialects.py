"""The SQL that each kind of database understands, read from dialects.yml: statements as text, nothing else.

Nothing is sent anywhere from here, and no kind of database is named in Python: another one is an entry of
that list.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from ingestion.contracts import Column
from ingestion.plain_yaml import read_yaml
from ingestion.sql import literal

_READS: Final = re.compile(r"\s*(select|set)\b[^;]*", re.IGNORECASE)

KeyValue = int | Decimal | str | datetime | date
"""A value of a column by which rows are put in order."""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as the database's catalog names it, its type as the catalog spells it."""

    name: str
    type: str
    is_nullable: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """How a bound is written beside a column of a type."""

    type: re.Pattern[str]
    sql: str
    zoned: bool


@dataclass(frozen=True, slots=True)
class Cast:
    """How a type without a scale is read, by the kind that the contract declares."""

    type: re.Pattern[str]
    by_kind: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of database; dialects.yml says what each field is."""

    name: str
    driver: str
    quote: tuple[str, str]
    plain: re.Pattern[str] | None
    schema: str | None
    folds: str | None
    tables: str
    columns: str
    owned: str
    chunk: str
    options: Mapping[str, str]
    session: tuple[str, ...]
    choice: str | None
    literals: tuple[Moment, ...]
    casts: tuple[Cast, ...]
    lost: re.Pattern[str]

    def quoted(self, name: str) -> str:
        """A name as it is written in a statement."""
        if self.plain is not None and self.plain.fullmatch(name):
            return name
        begin, end = self.quote
        return f"{begin}{name.replace(end, end * 2)}{end}"

    def relation(self, schema: str | None, table: str) -> str:
        """A table in a FROM clause."""
        return self.quoted(table) if schema is None else f"{self.quoted(schema)}.{self.quoted(table)}"

    def schema_query(self) -> str | None:
        """The query of the login's own schema; None when the dialect names one, or needs none."""
        is_query = self.schema is not None and self.schema.startswith("select ")
        return self.schema if is_query else None

    def schema_named(self, name: str | None) -> str | None:
        """A schema as the catalog spells it, given what the address says (None: nothing)."""
        if name is None:
            return None if self.schema_query() else self.schema
        return {"upper": name.upper, "lower": name.lower}[self.folds]() if self.folds else name

    def tables_query(self, schema: str | None) -> str:
        """The query of the names of a schema's tables."""
        return self._in_schema(self.tables, schema)

    def columns_query(self, schema: str | None, table: str) -> str:
        """The query of a table's columns: name, type, and YES where a null may stand."""
        return self._in_schema(self.columns, schema, table=table)

    def selected(self, column: SourceColumn, declared: Column | None) -> str:
        """A column in a SELECT list, so that a declared number keeps its digits."""
        name = self.quoted(column.name)
        cast = self._cast(column, declared)
        return name if cast is None else f"{cast.format(column=name)} as {name}"

    def is_cast(self, column: SourceColumn, declared: Column | None) -> bool:
        """Whether `selected` is more than the column's name."""
        return self._cast(column, declared) is not None

    def bound(self, column: SourceColumn, value: datetime | date, *, zone: str) -> str:
        """An instant (UTC) or a day as it is compared with a column; `zone` is that of stamps without one."""
        moment = next(m for m in self.literals if m.type.fullmatch(column.type))
        if not isinstance(value, datetime):
            return moment.sql.format(at=datetime(value.year, value.month, value.day), millis=0)  # noqa: DTZ001
        at = value.astimezone(UTC if moment.zoned else ZoneInfo(zone)).replace(tzinfo=None)
        return moment.sql.format(at=at, millis=at.microsecond // 1000)

    def key_literal(self, column: SourceColumn, value: KeyValue) -> str:
        """A value that was read from a column, to be compared with it."""
        if isinstance(value, (int, Decimal)):
            return str(value)
        if isinstance(value, str):
            return literal(value)
        at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        naive = at.replace(tzinfo=at.tzinfo or UTC)
        return self.bound(column, naive, zone="UTC")

    def chunk_query(
        self,
        columns: str,
        relation: str,
        *,
        order: Sequence[SourceColumn],
        after: Sequence[KeyValue] | None,
        count: int,
    ) -> str:
        """The first `count` rows in the order of columns, of those that lie behind a position."""
        conditions = [f"{self.quoted(column.name)} is not null" for column in order if column.is_nullable]
        if after is not None:
            conditions.append(self._behind(order, after))
        where = f" where {' and '.join(conditions)}" if conditions else ""
        by = ", ".join(self.quoted(column.name) for column in order)
        return self.chunk.format(columns=columns, table=relation, where=where, order=by, count=count)

    def unordered_query(self, columns: str, relation: str, *, order: Sequence[SourceColumn]) -> str | None:
        """The rows that no order holds, since a part of their key is null; None when there can be none."""
        nulls = [f"{self.quoted(column.name)} is null" for column in order if column.is_nullable]
        return f"select {columns} from {relation} where {' or '.join(nulls)}" if nulls else None

    def was_lost(self, message: str) -> bool:
        """Whether an error tells of a connection that broke, or a server that is away for now."""
        return self.lost.search(message) is not None

    def _behind(self, order: Sequence[SourceColumn], after: Sequence[KeyValue]) -> str:
        """Of several columns: the first is greater, or it is the same and the rest lies behind."""
        (column, *others), (value, *rest) = order, after
        name, own = self.quoted(column.name), self.key_literal(column, value)
        if not others:
            return f"{name} > {own}"
        # the first condition is for the index
        return f"{name} >= {own} and ({name} > {own} or {self._behind(others, rest)})"

    def _cast(self, column: SourceColumn, declared: Column | None) -> str | None:
        if declared is None:
            return None
        casts = (cast for cast in self.casts if cast.type.fullmatch(column.type))
        return next((cast.by_kind.get(declared.kind) for cast in casts), None)

    def _in_schema(self, query: str, schema: str | None, *, table: str = "") -> str:
        owner = "" if schema is None else literal(schema)
        owned = "" if schema is None else self.owned.format(schema=owner)
        return query.format(schema=owner, owned=owned, table=literal(table))


def only_reading(statement: str) -> str:
    """The statement itself; ValueError for whatever is not a single SELECT or SET."""
    if not _READS.fullmatch(_without_texts(statement)):
        raise ValueError("only SELECT and SET are ever sent to a source")
    return statement


def dialect_of(scheme: str) -> Dialect | None:
    """The dialect whose addresses begin so."""
    return _dialects().get(scheme.casefold())


def known_schemes() -> Sequence[str]:
    """How addresses may begin, one for each dialect."""
    listed = read_yaml(Path(__file__).with_suffix(".yml"))
    return tuple(entry["schemes"][0] for entry in listed.values())


@cache
def _dialects() -> Mapping[str, Dialect]:
    listed = read_yaml(Path(__file__).with_suffix(".yml"))
    return {
        scheme: _dialect(name, {**listed.get(entry.get("like"), {}), **entry})
        for name, entry in listed.items()
        for scheme in entry["schemes"]
    }


def _dialect(name: str, entry: Mapping[str, Any]) -> Dialect:
    def pattern(text: str) -> re.Pattern[str]:
        return re.compile(text, re.IGNORECASE)

    return Dialect(
        name=name,
        driver=entry["driver"],
        quote=(entry["quote"][0], entry["quote"][1]),
        plain=re.compile(entry["plain"]) if "plain" in entry else None,
        schema=entry["schema"],
        folds=entry.get("folds"),
        tables=entry["tables"],
        columns=entry["columns"],
        owned=entry.get("owned", ""),
        chunk=entry["chunk"],
        options=entry.get("options", {}),
        session=tuple(entry["session"]),
        choice=entry.get("choice"),
        literals=tuple(
            Moment(pattern(one["type"]), one["sql"], one.get("zoned", False)) for one in entry["literals"]
        ),
        casts=tuple(
            Cast(pattern(one["type"]), {kind: sql for kind, sql in one.items() if kind != "type"})
            for one in entry["casts"]
        ),
        lost=pattern("|".join(entry["lost"])),
    )


def _without_texts(statement: str) -> str:
    """A statement without what stands in its texts and quoted names."""
    return re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[(?:[^\]]|\]\])*\]", "x", statement)
