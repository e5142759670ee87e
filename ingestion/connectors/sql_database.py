"""Tables of a database that DuckDB scans itself, read-only: PostgreSQL by its extension.

Holds finding tables and columns, and the SQL of a selection. What a column means is the contract's; nothing
is converted here, and rows never pass through Python.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import duckdb

from ingestion.contracts import TableContract, folded
from ingestion.delivery import Attachment, Content, Delivery, Found, Selection
from ingestion.duckdb_extensions import load_extension
from ingestion.errors import DeliveryError, SourceUnavailable
from ingestion.sql import literal, quoted
from ingestion.workspace import Secret

_SCHEMES: Final = frozenset({"postgresql", "postgres"})
_ADDRESS: Final = re.compile(r"postgres(?:ql)?://[^\s\"']+")
_CATALOG: Final = "catalog"


class SqlDatabase:
    """The tables of one ERP database. Use as a context manager; it connects when it is first asked.

    `company` is the company's code in the ERP, part of some systems' physical names. The address may carry
    `?schema=NAME`, else the login's own schema is read.
    """

    def __init__(self, url: Secret, *, name: str, company: str | None = None) -> None:
        self._url, self._schema_wanted = _address(url)
        self._company = company
        self._attachment = Attachment(f"source_{name}", "postgres", "postgres_scanner", self._url)
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disconnect()

    def find(self, contract: TableContract, *, known: Content | None) -> Found | None:  # noqa: ARG002
        """The table's columns, None when the database has no such table.

        Raises SourceUnavailable when the database cannot be reached.
        """
        table = self._physical_table(contract)
        return None if table is None else Found(columns=tuple(self._columns(table)))

    def read(self, contract: TableContract, selection: Selection) -> Delivery:
        """The declared columns of the table, or of the selected rows of it."""
        table = self._physical_table(contract)
        if table is None:
            raise DeliveryError(f"the database has no table for {contract.native}")
        types = self._columns(table)
        names = _names(contract, types)
        wanted = set(names.values())
        if selection.identity_only:
            identity = (*contract.key, contract.row_id, contract.deleted_flag, contract.amount)
            wanted = {own for name, own in names.items() if name in identity}
        columns = ", ".join(quoted(name) for name in types if name in wanted)
        return Delivery(
            self._relation(contract, table, columns, types, selection),
            is_whole=selection.is_whole and not selection.identity_only,
            attachment=self._attachment,
            extra_columns=tuple(name for name in types if name not in names.values()),
        )

    def scrub(self, message: str) -> str:
        """The message without the address and the password."""
        parts = urlsplit(self._url)
        secrets = {self._url, parts.password, unquote(parts.password or "")}
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            message = message.replace(secret, "***")
        return _ADDRESS.sub("***", message)

    def _relation(
        self,
        contract: TableContract,
        table: str,
        columns: str,
        types: Mapping[str, str],
        selection: Selection,
    ) -> str:
        alias = self._attachment.alias
        if selection.is_whole:
            # scanned by ranges of pages, several at a time
            return f"(select {columns} from {quoted(alias)}.{quoted(self._schema)}.{quoted(table)})"
        # asked of the database as it is, so that it may use an index
        bounds = " or ".join(_bounds(contract, types, selection))
        query = f"select {columns} from {quoted(self._schema)}.{quoted(table)} where {bounds}"
        return f"postgres_query({literal(alias)}, {literal(query)})"

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
        alias, file = quoted(spelled[names.alias.casefold()]), quoted(spelled[names.file.casefold()])
        live = "true"
        if contract.deleted_flag is not None and contract.deleted_flag.casefold() in spelled:
            flag = quoted(spelled[contract.deleted_flag.casefold()])
            live = f"trim({flag}) <> {literal(contract.deleted_value or '')}"
        rows = self._ask(
            f"select trim({alias}) as alias, trim({file}) as file"
            f" from {quoted(self._schema)}.{quoted(table)} where {live}"
        )
        return {key.casefold(): physical for key, physical in rows if key and physical}

    @cached_property
    def _schema(self) -> str:
        if self._schema_wanted is not None:
            return self._schema_wanted
        ((schema,),) = self._ask("select current_schema()::text")
        return str(schema)

    @cached_property
    def _tables(self) -> Mapping[str, str]:
        rows = self._ask(
            "select table_name::text from information_schema.tables"
            f" where table_schema = {literal(self._schema)}"
        )
        return {folded(name): name for (name,) in rows}

    def _columns(self, table: str) -> Mapping[str, str]:
        """The columns of a table and their types, as the database names them."""
        rows = self._ask(
            "select column_name::text, data_type::text from information_schema.columns"
            f" where table_schema = {literal(self._schema)} and table_name = {literal(table)}"
            " order by ordinal_position"
        )
        return dict(rows)

    def _ask(self, query: str) -> list[Any]:
        """The rows of a query on the catalog; the connection is made anew after an error."""
        try:
            connection = self._connect()
            return connection.execute("select * from postgres_query(?, ?)", [_CATALOG, query]).fetchall()
        except duckdb.Error as error:
            self._disconnect()
            reason = self.scrub(str(error).splitlines()[0])
            raise SourceUnavailable(f"the database cannot be read: {reason}") from None

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            connection = duckdb.connect()
            load_extension(connection, self._attachment.extension)
            connection.execute(
                f"attach {literal(self._url)} as {_CATALOG} (type {self._attachment.type}, read_only)"
            )
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _address(url: Secret) -> tuple[str, str | None]:
    """The address without `schema`, which the database's own library does not know, and that schema."""
    text = url.reveal()
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES:
        raise url.place.error("only databases of the kind postgresql:// can be read so far")
    options = [option for option in parts.query.split("&") if option]
    schemas = [unquote(option.partition("=")[2]) for option in options if option.startswith("schema=")]
    kept = "&".join(option for option in options if not option.startswith("schema="))
    base = text.partition("?")[0]
    return f"{base}?{kept}" if kept else base, schemas[-1] if schemas else None


def _names(contract: TableContract, types: Mapping[str, str]) -> Mapping[str, str]:
    try:
        return contract.delivered_names(types)
    except ValueError as error:
        raise DeliveryError(str(error)) from None


def _bounds(contract: TableContract, types: Mapping[str, str], selection: Selection) -> list[str]:
    names = _names(contract, types)

    def column(name: str | None) -> tuple[str, str]:
        own = names[name or ""]
        return quoted(own), types[own]

    bounds = []
    if selection.changed_since is not None:
        name, kind = column(contract.changed_at)
        instant = selection.changed_since
        if kind == "timestamp with time zone":
            bounds.append(f"{name} >= timestamptz '{instant.isoformat()}'")
        else:
            bounds.append(f"{name} >= timestamp '{contract.as_stamp(instant).isoformat()}'")
    if selection.row_id_above is not None:
        bounds.append(f"{column(contract.row_id)[0]} > {selection.row_id_above}")
    if selection.business_since is not None:
        name, kind = column(contract.business_date)
        day = selection.business_since
        is_text = kind.startswith("char") or kind == "text"
        bounds.append(f"{name} >= '{day:%Y%m%d}'" if is_text else f"{name} >= date '{day.isoformat()}'")
    return bounds
