"""The extraction contract: what each system's tables hold, read from the sources YAML of the dbt project.

One list serves dbt and ingestion alike. No table, column or system name may be written in Python here.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from ingestion.errors import ContractError
from ingestion.plain_yaml import read_yaml

_DECIMAL: Final = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
_SQL_TYPES: Final = {
    "text": "varchar",
    "bigint": "bigint",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]*")


def folded(name: str) -> str:
    """A native name as names are compared: without case, a hyphen and an underscore being the same."""
    return name.casefold().replace("-", "_")


@dataclass(frozen=True, slots=True)
class Column:
    """A declared column: its native name and its type in the store.

    `kind` is one of text, bigint, decimal, boolean, date, timestamp; `precision` and `scale` are set for
    decimal only. `aliases` are other names under which a source may bring it.
    """

    name: str
    kind: str
    precision: int | None = None
    scale: int | None = None
    aliases: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every name that it may come under, its own first."""
        return (self.name, *self.aliases)

    @property
    def sql_type(self) -> str:
        """The DuckDB type that the store keeps the column in."""
        if self.kind == "decimal":
            return f"decimal({self.precision},{self.scale})"
        return _SQL_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class FileNames:
    """The dictionary table of a system that maps an alias to its physical table, and its two columns."""

    native: str
    alias: str
    file: str


@dataclass(frozen=True, slots=True)
class TableContract:
    """What one native table of an ERP is expected to deliver, and how its rows are told apart.

    `key` are the columns of the entity key, `row_id` the column that identifies the physical row (None where
    the system has none), `deleted_flag` and `deleted_value` the logical deletion mark, `changed_at` and
    `inserted_at` the database's own stamps, told in `changed_at_zone` where they have no offset,
    `business_date` the posting date, `amount` the column whose sum is the table's control total, which is a
    balance and may be negative where `amount_is_signed`.
    `stamp_is_reliable` says that every change moves the stamp, `repeats` that rows of one key are different
    rows, `null_text` which text stands for null. `physical_name` is a template over {alias} and {company};
    `file_names` says where a dictionary overrides it, `aliases` what else the table may be called.
    """

    system: str
    name: str
    native: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    row_id: str | None = None
    deleted_flag: str | None = None
    deleted_value: str | None = None
    changed_at: str | None = None
    inserted_at: str | None = None
    business_date: str | None = None
    amount: str | None = None
    amount_is_signed: bool = False
    physical_name: str = "{alias}"
    file_names: FileNames | None = None
    changed_at_zone: str = "UTC"
    stamp_is_reliable: bool = True
    repeats: bool = False
    null_text: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def schema(self) -> str:
        """The schema of the store that holds the table."""
        return f"raw_{self.system}"

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The native columns of the stored table: the declared ones, and the row id where it is none."""
        if self.row_id is None or any(column.name == self.row_id for column in self.columns):
            return self.columns
        return (*self.columns, Column(self.row_id, "bigint"))

    @property
    def control_columns(self) -> frozenset[str]:
        """Columns that the system adds to every table: read, but part of the envelope, not of the content."""
        names = (self.row_id, self.deleted_flag, self.changed_at, self.inserted_at)
        return frozenset(name for name in names if name is not None)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every name that the table may come under, its own first; the physical name is made from each."""
        return (self.native, *self.aliases)

    def delivered_names(self, delivered: Iterable[str]) -> Mapping[str, str]:
        """The delivered name of each declared or control column that came, by the name it has here.

        ValueError names two delivered columns that are one.
        """
        by_fold: dict[str, list[str]] = {}
        for name in delivered:
            by_fold.setdefault(folded(name), []).append(name)
        controls = sorted(self.control_columns - {column.name for column in self.stored_columns})
        names = {}
        for column in (*self.stored_columns, *(Column(name, "text") for name in controls)):
            came = [name for spelling in column.spellings for name in by_fold.get(folded(spelling), ())]
            if len(came) > 1:
                raise ValueError(f"the columns {' and '.join(came)} are both {column.name}; leave one")
            if came:
                names[column.name] = came[0]
        return names

    def as_stamp(self, instant: datetime) -> datetime:
        """An instant as the database's own stamps without an offset tell it."""
        return instant.astimezone(ZoneInfo(self.changed_at_zone)).replace(tzinfo=None)

    @property
    def fingerprint(self) -> str:
        """Hex digest that changes with the contract: what was read under another one is read again."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class DocumentTable:
    """A raw table that a parser fills: its name and its columns (name, DuckDB type), the envelope apart.

    `check` names the optional check that fills it instead.
    """

    system: str
    name: str
    columns: tuple[tuple[str, str], ...]
    check: str | None = None

    @property
    def schema(self) -> str:
        """The schema of the store that holds the table."""
        return f"raw_{self.system}"


@dataclass(frozen=True, slots=True)
class Contracts:
    """Every table that any system may deliver."""

    tables: tuple[TableContract, ...]
    document_tables: tuple[DocumentTable, ...]

    def of_system(self, system: str) -> tuple[TableContract, ...]:
        """The table contracts of one system, in the order of its YAML."""
        return tuple(table for table in self.tables if table.system == system)

    def without(self, systems: Collection[str]) -> "Contracts":
        """The contracts of every other system."""
        return Contracts(
            tuple(table for table in self.tables if table.system not in systems),
            tuple(table for table in self.document_tables if table.system not in systems),
        )

    def is_fiscal(self, system: str) -> bool:
        """Whether a system delivers documents that a parser reads, not tables."""
        return any(table.system == system for table in self.document_tables)

    def table(self, system: str, native: str) -> TableContract:
        """One contract by its native name, whatever its case and hyphens; KeyError when there is none."""
        for table in self.of_system(system):
            if folded(table.native) == folded(native):
                return table
        raise KeyError(f"{system}.{native}")


@dataclass(frozen=True, slots=True)
class SourceSystem:
    """A kind of source that a workspace may name; `kind` is erp (tables), messages, fiscal or bank."""

    name: str
    kind: str


def dbt_project_dir() -> Path:
    """The folder of the dbt project: inside the installed package, or beside it in a checkout."""
    root = Path(__file__).resolve().parent.parent
    for candidate in (root / "confere" / "_dbt", root / "dbt"):
        if (candidate / "dbt_project.yml").is_file():
            return candidate
    raise ContractError(f"no dbt project in {root}: the installation is incomplete")


def source_systems(project_dir: Path | None = None) -> Mapping[str, SourceSystem]:
    """The systems that dbt_project.yml lists under `vars.source_systems`, by name."""
    path = (project_dir or dbt_project_dir()) / "dbt_project.yml"
    listed = _load(path).get("vars", {}).get("source_systems")
    rows = listed.values() if isinstance(listed, dict) else [None]
    if not all(isinstance(row, dict) and "kind" in row for row in rows):
        raise ContractError(f"{path}: vars.source_systems must name each system with its kind")
    return {name: SourceSystem(name, row["kind"]) for name, row in listed.items()}


def read_contracts(models_dir: Path | None = None) -> Contracts:
    """Read every `staging/<system>/_<system>__sources.yml` below `models_dir` (the project's models).

    Raises ContractError, naming file and table, for a contract that cannot be followed.
    """
    folder = models_dir or dbt_project_dir() / "models"
    tables: list[TableContract] = []
    document_tables: list[DocumentTable] = []
    for path in sorted(folder.glob("staging/*/_*__sources.yml")):
        declarations = list(_read_sources(path))
        _check_names((one for one in declarations if isinstance(one, TableContract)), where=path)
        for declared in declarations:
            if isinstance(declared, TableContract):
                tables.append(declared)
            else:
                document_tables.append(declared)
    return Contracts(tuple(tables), tuple(document_tables))


def _read_sources(path: Path) -> Iterator[TableContract | DocumentTable]:
    for source in _load(path).get("sources", []):
        meta = _meta(source)
        system = meta.get("system")
        if system is None:
            continue  # a source that something else fills, such as the workspace's settings
        if source.get("name") != f"raw_{system}":
            raise ContractError(f"{path}: the source of {system} must be named raw_{system}")
        for table in source.get("tables", []):
            where = f"{path}: {table.get('name')}"
            own = _meta(table)
            if own.get("deleted_flag", "") is None:
                own = {"deleted_value": None, **own}  # switched off, and its value with it
            yield _table(table, meta={**meta, **own}, system=system, where=where)


def _table(
    table: Mapping[str, Any], *, meta: Mapping[str, Any], system: str, where: str
) -> TableContract | DocumentTable:
    name = table.get("name")
    if not isinstance(name, str) or not _IDENTIFIER.fullmatch(name):
        raise ContractError(f"{where}: a table's name must be lower snake case")
    # what starts with an underscore is the store's envelope: it may be described, it is not delivered
    listed = [column for column in table.get("columns", []) if not str(column["name"]).startswith("_")]
    if meta.get("native") is None:
        types = tuple((c["name"], _data_type(c, where=where)) for c in listed)
        return DocumentTable(system, name, types, check=meta.get("check"))
    columns = tuple(_column(column, where=where) for column in listed)
    said = _Meta(meta, where)
    file_names = meta.get("file_names")
    contract = TableContract(
        system=system,
        name=name,
        native=meta["native"],
        key=said.texts("key"),
        columns=columns,
        row_id=said.text("row_id"),
        deleted_flag=said.text("deleted_flag"),
        deleted_value=said.text("deleted_value"),
        changed_at=said.text("changed_at"),
        inserted_at=said.text("inserted_at"),
        business_date=said.text("business_date"),
        amount=said.text("amount"),
        amount_is_signed=said.flag("amount_is_signed", default=False),
        physical_name=said.text("physical_name") or "{alias}",
        file_names=None if file_names is None else FileNames(**file_names),
        changed_at_zone=said.text("changed_at_zone") or "UTC",
        stamp_is_reliable=said.flag("stamp_is_reliable", default=True),
        repeats=said.flag("repeats", default=False),
        null_text=said.text("null_text"),
        aliases=said.texts("aliases"),
    )
    _check(contract, where=where)
    return contract


@dataclass(frozen=True, slots=True)
class _Meta:
    """What a contract says beside its columns; a value that is null is as one that is not there."""

    values: Mapping[str, Any]
    where: str

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise ContractError(f"{self.where}: {key} must be a text, in quotes where it looks like a number")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            raise ContractError(f"{self.where}: {key} must be a list of texts")
        return tuple(value or ())

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            raise ContractError(f"{self.where}: {key} must be true or false")
        return default if value is None else value


def _check(contract: TableContract, *, where: str) -> None:
    names = [folded(name) for column in contract.columns for name in column.spellings]
    if len(set(names)) != len(names):
        raise ContractError(f"{where}: a column is declared twice")
    stored = {column.name for column in contract.stored_columns}
    named = (*contract.key, contract.business_date, contract.amount)
    unknown = sorted({name for name in named if name is not None} - stored)
    if unknown:
        raise ContractError(f"{where}: {', '.join(unknown)} is not among the declared columns")
    if not contract.key:
        raise ContractError(f"{where}: a native table needs a key")
    if (contract.deleted_flag is None) != (contract.deleted_value is None):
        raise ContractError(f"{where}: deleted_flag and deleted_value go together")
    try:
        ZoneInfo(contract.changed_at_zone)
    except (KeyError, ValueError) as error:
        raise ContractError(f"{where}: {contract.changed_at_zone} is no time zone") from error


def _check_names(tables: Iterable[TableContract], *, where: Path) -> None:
    """What a source delivers under a name must be one table."""
    taken: dict[str, str] = {}
    for table in tables:
        for name in dict.fromkeys(folded(name) for name in table.spellings):
            other = taken.setdefault(name, table.name)
            if other != table.name:
                raise ContractError(f"{where}: {other} and {table.name} both go by the name {name}")


def _column(column: Mapping[str, Any], *, where: str) -> Column:
    data_type = _data_type(column, where=where)
    aliases = _Meta(_meta(column), f"{where}: {column['name']}").texts("aliases")
    if decimal := _DECIMAL.fullmatch(data_type):
        return Column(column["name"], "decimal", int(decimal[1]), int(decimal[2]), aliases=aliases)
    if data_type not in _SQL_TYPES:
        raise ContractError(f"{where}: {column['name']} has the unknown data_type {data_type!r}")
    return Column(column["name"], data_type, aliases=aliases)


def _data_type(column: Mapping[str, Any], *, where: str) -> str:
    data_type = column.get("data_type")
    if not isinstance(data_type, str):
        raise ContractError(f"{where}: {column['name']} has no data_type")
    return data_type.lower()


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = node.get("config", {}).get("meta", {})
    return meta


def _load(path: Path) -> Mapping[str, Any]:
    try:
        loaded = read_yaml(path)
    except (OSError, yaml.YAMLError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error
    if not isinstance(loaded, dict):
        raise ContractError(f"{path}: must hold a mapping")
    return loaded
