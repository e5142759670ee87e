"""Tables of a database: found in its catalog, read by a driver that hands over Arrow batches or SQL to scan.

Holds finding tables and columns, which rows are asked for, and when a table is read in chunks. What a
statement looks like is the dialect's (dialects.yml), how it is sent the driver's; what a column means is the
contract's, and nothing is converted here.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa

from ingestion.connectors.addresses import Address
from ingestion.connectors.dialects import SourceColumn
from ingestion.connectors.drivers import PostgresScanner, driver_of
from ingestion.connectors.spool import KeyWithoutOrder, Spool, discard, is_begun
from ingestion.contracts import Column, TableContract, folded
from ingestion.delivery import Content, Delivery, Found, Selection
from ingestion.errors import DeliveryError, SourceUnavailable
from ingestion.sql import literal
from ingestion.workspace import Secret

SPOOLED_FROM: Final = 2_000_000
"""Rows from which on a table is read in chunks: below, reading it once more costs less than keeping it."""

CHUNK_ROWS: Final = 500_000
"""Rows of a chunk: what a break costs. Smaller ones cost more time than they save (docs/benchmarks.md)."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a database works with beside its connection: a folder for chunks, the clock, whom to tell.

    `tell` gets a stream, the rows that came, and how many there are, where that is known.
    """

    spool_dir: Path
    clock: Callable[[], datetime]
    tell: Callable[[str, int, int | None], None]


class SqlDatabase:
    """The tables of one ERP database. Use as a context manager; it connects when it is first asked.

    `company` is the company's code in the ERP, part of some systems' physical names. The address may name a
    schema, else the login's own (or the one that is usual for this kind of database) is read. Raises
    ConfigurationError when the address cannot be used, or its driver is not installed.
    """

    def __init__(self, url: Secret, *, name: str, means: Means, company: str | None = None) -> None:
        self._address = Address.of(url)
        self._dialect = self._address.dialect
        self._driver = driver_of(self._address, url=url, name=name)
        self._company = company
        self._means = means

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._driver.close()

    def find(self, contract: TableContract, *, known: Content | None) -> Found | None:  # noqa: ARG002
        """The table's columns, None when the database has no such table.

        Raises SourceUnavailable when the database cannot be reached.
        """
        table = self._physical_table(contract)
        return None if table is None else Found(columns=tuple(self._columns(table)))

    def read(self, contract: TableContract, selection: Selection) -> Delivery:
        """The declared columns of the table, or of the selected rows of it.

        A large table is read whole in chunks that are kept: after a break this begins behind the last one.
        """
        name = self._physical_table(contract)
        if name is None:
            raise DeliveryError(f"the database has no table for {contract.native}")
        columns = self._columns(name)
        relation = self._dialect.relation(self._schema, name)
        table = _Table(contract, name, relation, columns, _names(contract, columns))
        if selection.identity_only:
            return self._direct(table, selection, began_at=self._means.clock())
        folder = self._means.spool_dir / contract.name
        if selection.is_whole and table.order is not None and self._is_large(table, folder):
            with suppress(KeyWithoutOrder):
                return self._in_chunks(table, table.order, folder)
        discard(folder)
        return self._direct(table, selection, began_at=self._means.clock())

    def recover(self, error: Exception) -> bool:
        """Whether an error tells of a broken connection, so that trying again may help; it is given up."""
        self._driver.close()
        return self._dialect.was_lost(str(error))

    def scrub(self, message: str) -> str:
        """The message without the address and the password."""
        return self._address.scrub(message)

    # reading ----------------------------------------------------------------------------------------------

    def _direct(self, table: "_Table", selection: Selection, *, began_at: datetime) -> Delivery:
        columns = table.wanted(selection)
        attachment = None
        if isinstance(self._driver, PostgresScanner):
            relation: Any = self._scanned(self._driver, table, columns, selection)
            attachment = self._driver.attachment
        else:
            query = self._query(table, columns, selection)
            with self._asking(DeliveryError, table.contract.native):
                relation = self._counted(self._driver.batches(query), table.contract.native)
        return Delivery(
            relation,
            is_whole=selection.is_whole and not selection.identity_only,
            attachment=attachment,
            extra_columns=table.extra,
            began_at=began_at,
        )

    def _scanned(
        self, driver: PostgresScanner, table: "_Table", columns: Sequence[SourceColumn], selection: Selection
    ) -> str:
        is_cast = any(self._dialect.is_cast(column, table.declared(column)) for column in columns)
        if selection.is_whole and not is_cast:
            return driver.scan(self._schema or "", table.name, [column.name for column in columns])
        return driver.relation(self._query(table, columns, selection))

    def _query(self, table: "_Table", columns: Sequence[SourceColumn], selection: Selection) -> str:
        bounds = " or ".join(self._bounds(table, selection))
        where = f" where {bounds}" if bounds else ""
        return f"select {self._listed(table, columns)} from {table.relation}{where}"

    def _listed(self, table: "_Table", columns: Sequence[SourceColumn]) -> str:
        return ", ".join(self._dialect.selected(column, table.declared(column)) for column in columns)

    def _bounds(self, table: "_Table", selection: Selection) -> Iterator[str]:
        contract, dialect = table.contract, self._dialect
        if selection.changed_since is not None:
            column = table.column(contract.changed_at)
            instant = dialect.bound(column, selection.changed_since, zone=contract.changed_at_zone)
            yield f"{dialect.quoted(column.name)} >= {instant}"
        if selection.row_id_above is not None:
            yield f"{dialect.quoted(table.column(contract.row_id).name)} > {selection.row_id_above}"
        if selection.business_since is not None:
            column = table.column(contract.business_date)
            day = dialect.bound(column, selection.business_since, zone=contract.changed_at_zone)
            yield f"{dialect.quoted(column.name)} >= {day}"

    def _in_chunks(self, table: "_Table", order: Sequence[SourceColumn], folder: Path) -> Delivery:
        """The whole table, by way of chunks on disk."""
        contract, dialect = table.contract, self._dialect
        columns = self._listed(table, table.wanted(Selection()))
        names = [column.name for column in order]
        said = (self._address.digest, contract.fingerprint, table.relation, columns, names)
        spool = Spool.open(
            folder,
            identity=hashlib.sha256(repr(said).encode()).hexdigest(),
            now=self._means.clock(),
            expected=lambda: self._rows_of(table),
        )

        def tell(rows: int) -> None:
            self._means.tell(contract.native, rows, max(rows, spool.expected))

        with self._asking(DeliveryError, contract.native):
            unordered = dialect.unordered_query(columns, table.relation, order=order)
            if unordered is not None and not spool.has_unordered:
                spool.take_unordered(self._driver.batches(unordered))
            while not spool.is_complete:
                query = dialect.chunk_query(
                    columns, table.relation, order=order, after=spool.position, count=CHUNK_ROWS
                )
                spool.take(self._driver.batches(query), key=names, count=CHUNK_ROWS, tell=tell)
        return Delivery(
            spool.relation,
            is_whole=True,
            extra_columns=table.extra,
            began_at=spool.began_at,
            settled=spool.discard,
        )

    def _is_large(self, table: "_Table", folder: Path) -> bool:
        """Whether chunks of it wait already, or it has so many rows."""
        return is_begun(folder) or self._rows_of(table) >= SPOOLED_FROM

    def _rows_of(self, table: "_Table") -> int:
        # what breaks here is this table's; the next one may be read all the same
        with self._asking(DeliveryError, table.contract.native):
            ((count,),) = self._driver.rows(f"select count(*) as n from {table.relation}")
        return int(count)

    def _counted(self, batches: pa.RecordBatchReader, stream: str) -> pa.RecordBatchReader:
        """The batches, telling how many rows came so far."""

        def telling() -> Iterator[pa.RecordBatch]:
            rows = 0
            for batch in batches:
                yield batch
                rows += batch.num_rows
                self._means.tell(stream, rows, None)

        return pa.RecordBatchReader.from_batches(batches.schema, telling())

    # the catalog ------------------------------------------------------------------------------------------

    def _physical_table(self, contract: TableContract) -> str | None:
        """The table's name as the database spells it; the system's dictionary goes before the template."""
        named = self._file_names(contract).get(contract.native.casefold())
        names = [named] if named else []
        for spelling in contract.spellings if not named else ():
            names += [self._by_template(contract, spelling), spelling]
        return next((self._tables[folded(name)] for name in names if folded(name) in self._tables), None)

    def _by_template(self, contract: TableContract, alias: str) -> str:
        return contract.physical_name.format(alias=alias, company=self._company or "")

    def _file_names(self, contract: TableContract) -> Mapping[str, str]:
        """Physical names by alias, out of the system's dictionary where the database holds it."""
        names = contract.file_names
        if names is None or contract.native.casefold() == names.native.casefold():
            return {}
        if self._dictionary is None:
            table = self._tables.get(folded(self._by_template(contract, names.native)))
            self._dictionary = {} if table is None else self._read_dictionary(contract, table)
        return self._dictionary

    _dictionary: Mapping[str, str] | None = None

    def _read_dictionary(self, contract: TableContract, table: str) -> Mapping[str, str]:
        names = contract.file_names
        spelled = {name.casefold(): name for name in self._columns(table)}
        if names is None or not {names.alias.casefold(), names.file.casefold()} <= spelled.keys():
            return {}
        quoted = self._dialect.quoted
        alias, file = quoted(spelled[names.alias.casefold()]), quoted(spelled[names.file.casefold()])
        live = ""
        if contract.deleted_flag is not None and contract.deleted_flag.casefold() in spelled:
            flag = quoted(spelled[contract.deleted_flag.casefold()])
            # blanks do not count in any database; a null is no mark
            marked = literal(contract.deleted_value or "")
            live = f" where {flag} is null or {flag} <> {marked}"
        relation = self._dialect.relation(self._schema, table)
        rows = self._ask(f"select {alias} as alias_of, {file} as file_of from {relation}{live}")
        pairs = ((key.strip(), physical.strip()) for key, physical in rows if key and physical)
        return {key.casefold(): physical for key, physical in pairs if key and physical}

    @cached_property
    def _schema(self) -> str | None:
        query = self._dialect.schema_query()
        if self._address.schema is None and query is not None:
            ((schema,),) = self._ask(query)
            return str(schema)
        return self._dialect.schema_named(self._address.schema)

    @cached_property
    def _tables(self) -> Mapping[str, str]:
        rows = self._ask(self._dialect.tables_query(self._schema))
        return {folded(name): name for name in (str(name).rstrip() for (name,) in rows)}

    def _columns(self, table: str) -> Mapping[str, SourceColumn]:
        """The columns of a table by name, as the database spells them, in their order."""
        rows = self._ask(self._dialect.columns_query(self._schema, table))
        columns = (
            SourceColumn(str(name).rstrip(), str(kind).strip(), str(nullable).strip() != "NO")
            for name, kind, nullable in rows
        )
        return {column.name: column for column in columns}

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a small query; the connection is made anew after an error."""
        with self._asking(SourceUnavailable, "the database"):
            return self._driver.rows(query)

    @contextmanager
    def _asking(self, kind: type[DeliveryError] | type[SourceUnavailable], what: str) -> Iterator[None]:
        try:
            yield
        except self._driver.errors as error:
            self._driver.close()
            raise kind(f"{what} cannot be read: {self.scrub(_told(error))}") from None


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as the contract and the database know it; `names` are the database's by the contract's."""

    contract: TableContract
    name: str
    relation: str
    columns: Mapping[str, SourceColumn]
    names: Mapping[str, str]

    def wanted(self, selection: Selection) -> Sequence[SourceColumn]:
        """The columns to read, as the database orders them."""
        wanted = set(self.names.values())
        if selection.identity_only:
            contract = self.contract
            identity = (*contract.key, contract.row_id, contract.deleted_flag, contract.amount)
            wanted = {own for name, own in self.names.items() if name in identity}
        return [column for name, column in self.columns.items() if name in wanted]

    @property
    def extra(self) -> tuple[str, ...]:
        """The names of the columns that nobody declared."""
        known = set(self.names.values())
        return tuple(name for name in self.columns if name not in known)

    @property
    def order(self) -> Sequence[SourceColumn] | None:
        """The columns that put rows in order: the row id, else the key; None when there is no such order."""
        if self.contract.row_id in self.names:
            return [self.column(self.contract.row_id)]
        if self.contract.repeats or not all(name in self.names for name in self.contract.key):
            return None
        return [self.column(name) for name in self.contract.key]

    def column(self, name: str | None) -> SourceColumn:
        """The column of a declared name; KeyError when the database has none."""
        return self.columns[self.names[name or ""]]

    def declared(self, column: SourceColumn) -> Column | None:
        """What the contract says of a column, None when it says nothing."""
        return next(
            (one for one in self.contract.stored_columns if self.names.get(one.name) == column.name), None
        )


def _names(contract: TableContract, columns: Iterable[str]) -> Mapping[str, str]:
    try:
        return contract.delivered_names(columns)
    except ValueError as error:
        raise DeliveryError(str(error)) from None


def _told(error: Exception) -> str:
    """The words of an error in one line."""
    return " ".join(str(error).split())
