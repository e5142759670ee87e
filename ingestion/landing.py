"""The SQL by which a delivered row becomes a typed one with its identity and content hash, or is refused.

Pure functions from a contract and the delivered types to SQL text; nothing is executed here. A table is
converted in one set-based pass: no value passes through Python. How a single value is converted stands in
conversion.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingestion.contracts import Column, TableContract, folded
from ingestion.conversion import LOCAL_ZONE, Conversion, Fault, convert
from ingestion.sql import literal, quoted

ENVELOPE: Final[Mapping[str, str]] = {
    "_source": "varchar",
    "_table": "varchar",
    "_key": "varchar",
    "_row_id": "varchar",
    "_version": "bigint",
    "_changed_at": "timestamptz",
    "_inserted_at": "timestamptz",
    "_recorded_at": "timestamptz",
    "_superseded_at": "timestamptz",
    "_extraction_id": "varchar",
    "_row_hash": "varchar",
    "_is_deleted": "boolean",
    "_extra": "json",
}
"""The columns before a table's own, and their DuckDB types."""


def content_hash(values: Iterable[str], *, is_deleted: str, extra: str) -> str:
    """SQL of the hash (64 bits as hex) over typed values, the deletion mark and the undeclared columns.

    It is only ever compared between versions of one row. DuckDB's own hash costs a fifth of an MD5; its
    values may change with DuckDB's version, and the store then makes the stored ones anew.
    """
    return f"to_hex(hash({', '.join((*values, is_deleted, extra))}))"


def entity_key(contract: TableContract, source: str, values: Mapping[str, str]) -> str:
    """SQL of `source|TABLE|` and the key columns, empty parts kept; `values` are SQL by key column."""
    # concat takes a null for an empty text
    parts = ", '|', ".join(values[name] for name in contract.key)
    return f"concat({literal(f'{source}|{contract.native}|')}, {parts})"


def row_identity(key: str, *, row_id: str | None, is_deleted: str, content: str | None = None) -> str:
    """SQL of the identity of a physical row: its key with its row id, else with the deletion mark.

    With `content`, SQL of what tells rows of one key apart (see `content_text`), its key with the MD5 of
    that: the digest must outlive DuckDB's versions. Rows of one key and content are numbered in the store.
    """
    told = f"case when {is_deleted} then concat({key}, '*') else {key} end"
    if content is not None:
        told = f"concat({key}, '~', md5({content}))"
    if row_id is None:
        return told
    return f"case when {row_id} is null then {told} else concat({key}, '#', {row_id}) end"


def content_text(contract: TableContract, values: Mapping[str, str]) -> str:
    """SQL of a row's content as text, out of its typed `values` by column.

    The same for the same content however its columns are ordered; null and blank are one and left out, so
    that a new column changes nothing until it holds something. Key, deletion mark and stamps are no part.
    """
    apart = {*contract.key, *contract.control_columns}
    parts = []
    for column in sorted(contract.stored_columns, key=lambda column: column.name):
        if column.name not in apart:
            text = f"cast({values[column.name]} as varchar)"
            if column.kind == "timestamp":
                text = f"cast(epoch_us({values[column.name]}) as varchar)"
            elif column.kind == "text":
                text = f"nullif({values[column.name]}, '')"
            parts.append(f"{literal(column.name + '=')} || {text}")
    return f"concat_ws(chr(31), {', '.join(parts)})" if parts else "''"


def row_text(contract: TableContract) -> str:
    """SQL of a stored row as the JSON object that it came as, as near as can be told; `_extra` included."""
    declared = _json_object({column.name: quoted(column.name) for column in contract.stored_columns})
    return f"json_merge_patch(coalesce({declared}, '{{}}'), coalesce(_extra, '{{}}'))"


@dataclass(frozen=True, slots=True)
class DeliveredColumns:
    """The columns of a delivery, matched to a contract without regard to case.

    `types` are the delivered DuckDB types by delivered name, `names` the delivered name of each contract or
    control column that came, `missing` the declared ones that did not, `extra` the delivered ones that nobody
    declared.
    """

    types: Mapping[str, str]
    names: Mapping[str, str]
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def match_columns(contract: TableContract, types: Mapping[str, str]) -> DeliveredColumns:
    """Match delivered columns to the contract; ValueError names one that came twice or a missing key."""
    by_fold: dict[str, str] = {}
    for name in types:
        if (other := by_fold.setdefault(folded(name), name)) != name:
            raise ValueError(f"the columns {other} and {name} are the same but for case and hyphens")
    names = contract.delivered_names(types)
    absent = [name for name in contract.key if name not in names]
    if absent:
        raise ValueError(f"the key column {', '.join(absent)} is missing")
    wanted = dict.fromkeys(
        (*(column.name for column in contract.stored_columns), *sorted(contract.control_columns))
    )
    # a system may or may not keep its own stamps: their absence is no surprise
    stamps = {contract.changed_at, contract.inserted_at}
    taken = set(names.values())
    return DeliveredColumns(
        types=types,
        names=names,
        missing=tuple(name for name in wanted if name not in names and name not in stamps),
        extra=tuple(name for name in types if name not in taken),
    )


def landing_select(
    contract: TableContract,
    *,
    source: str,
    relation: str,
    delivered: DeliveredColumns,
    extraction_id: str,
    recorded_at: datetime,
) -> str:
    """SQL that turns `relation` into rows of the stored table's shape.

    `_version` is 0. A refused row has no `_row_hash`; its `_extra` is an object of reason, column, value and
    row (the delivered values as text), and its `_row_id` is null where the row cannot be told.
    """
    raw = _aliases(delivered)
    conversions = {
        column: _conversion(contract, column, delivered, raw) for column in _converted_columns(contract)
    }
    typed = {column: f"c{index}" for index, column in enumerate(conversions)}
    stored = {column.name: typed[column] for column in contract.stored_columns}
    faults = [
        (column.name, Fault(fault.reason, fault.condition.format(value=typed[column])))
        for column, conversion in conversions.items()
        for fault in (*conversion.faults, *_key_faults(contract, column))
    ]
    came = {
        column.name: raw[delivered.names[column.name]] if column.name in delivered.names else "null"
        for column in conversions
    }
    stamps = [
        next((typed[c] for c in conversions if c.name == name and c.kind == "timestamp"), "null")
        for name in (contract.changed_at, contract.inserted_at)
    ]
    extra = _json_object({name: raw[name] for name in delivered.extra})
    row = _json_object(raw)
    content = f"case when fault is null then {content_text(contract, stored)} else cast({row} as varchar) end"
    identity = _identity(contract, delivered, stored, content=content)
    hashed = content_hash(stored.values(), is_deleted="_is_deleted", extra="extra")
    return f"""
        select
            {literal(source)} as _source, {literal(contract.native)} as _table, _key,
            case when not unknown then {identity} end as _row_id,
            0 as _version, {stamps[0]} as _changed_at, {stamps[1]} as _inserted_at,
            timestamptz {literal(recorded_at.isoformat())} as _recorded_at, null as _superseded_at,
            {literal(extraction_id)} as _extraction_id,
            case when fault is null
                then {hashed} end as _row_hash,
            _is_deleted,
            case when fault is null then extra
                else json_object('reason', fault[1], 'column', fault[2], 'value', fault[3], 'row', {row})
            end as _extra,
            {", ".join(f"{value} as {quoted(name)}" for name, value in stored.items())}
        from (
            select *, {entity_key(contract, source, stored)} as _key, {extra} as extra
            from (
                select *, {_first_fault(faults, came)} as fault,
                    {_is_unknown(contract, faults)} as unknown,
                    {_is_deleted(contract, delivered, raw)} as _is_deleted
                from {_converted(contract, relation, delivered, conversions, typed)}
            )
        )"""


def identity_select(
    contract: TableContract, *, source: str, relation: str, delivered: DeliveredColumns
) -> str:
    """SQL of `_key`, `_row_id` (null when it cannot be told), `_is_deleted` and `amount` of every row."""
    raw = _aliases(delivered)
    wanted = {*contract.key, contract.row_id, contract.amount}
    conversions = {
        column: _conversion(contract, column, delivered, raw)
        for column in contract.stored_columns
        if column.name in wanted
    }
    typed = {column: f"c{index}" for index, column in enumerate(conversions)}
    stored = {column.name: value for column, value in typed.items()}
    faults = [
        (column.name, Fault(fault.reason, fault.condition.format(value=typed[column])))
        for column, conversion in conversions.items()
        for fault in (*conversion.faults, *_key_faults(contract, column))
    ]
    identity = _identity(contract, delivered, stored, content=None)
    amount = "null" if contract.amount is None else stored[contract.amount]
    return f"""
        select _key, case when not unknown then {identity} end as _row_id, _is_deleted, {amount} as amount
        from (
            select *, {entity_key(contract, source, stored)} as _key,
                {_is_unknown(contract, faults)} as unknown,
                {_is_deleted(contract, delivered, raw)} as _is_deleted
            from {_converted(contract, relation, delivered, conversions, typed)}
        )"""


def _aliases(delivered: DeliveredColumns) -> Mapping[str, str]:
    return {name: f"r{index}" for index, name in enumerate(delivered.types)}


def _converted(
    contract: TableContract,
    relation: str,
    delivered: DeliveredColumns,
    conversions: Mapping[Column, Conversion],
    typed: Mapping[Column, str],
) -> str:
    """SQL, for a FROM clause, of the delivered values by their aliases and the typed ones beside them."""
    values = {name: quoted(name) for name in delivered.types}
    if contract.null_text is not None:
        null = literal(contract.null_text)
        values = {
            name: f"case when rtrim({value}) = {null} then null else {value} end"
            if delivered.types[name] == "VARCHAR"
            else value
            for name, value in values.items()
        }
    aliased = ", ".join(f"{values[name]} as {alias}" for name, alias in _aliases(delivered).items())
    converted = ", ".join(f"{c.value} as {typed[column]}" for column, c in conversions.items())
    return f"(select *, {converted} from (select {aliased} from {relation}))"


def _identity(
    contract: TableContract,
    delivered: DeliveredColumns,
    stored: Mapping[str, str],
    *,
    content: str | None,
) -> str:
    row_id = stored[contract.row_id] if contract.row_id and contract.row_id in delivered.names else None
    return row_identity(
        "_key", row_id=row_id, is_deleted="_is_deleted", content=content if contract.repeats else None
    )


def _is_unknown(contract: TableContract, faults: Iterable[tuple[str, Fault]]) -> str:
    """SQL of whether a fault hides which row it is."""
    identifying = {*contract.key, contract.row_id}
    conditions = [f"coalesce({fault.condition}, false)" for name, fault in faults if name in identifying]
    return " or ".join(conditions) or "false"


def _converted_columns(contract: TableContract) -> Sequence[Column]:
    """The stored columns, and the stamps that are none of them or are stored as something else."""
    stamps = [name for name in (contract.changed_at, contract.inserted_at) if name is not None]
    stored = {(column.name, column.kind) for column in contract.stored_columns}
    apart = [Column(name, "timestamp") for name in stamps if (name, "timestamp") not in stored]
    return (*contract.stored_columns, *apart)


def _conversion(
    contract: TableContract, column: Column, delivered: DeliveredColumns, values: Mapping[str, str]
) -> Conversion:
    name = delivered.names.get(column.name)
    if name is None:
        return Conversion(f"cast(null as {column.sql_type})")
    is_stamp = column.name in {contract.changed_at, contract.inserted_at}
    zone = contract.changed_at_zone if is_stamp else LOCAL_ZONE
    converted = convert(column, delivered=delivered.types[name], value=values[name], zone=zone)
    if column.kind == "text" and column.name in contract.key:
        # a key of blanks is a key, and a database that has no blanks has nulls for them
        return Conversion(f"coalesce({converted.value}, '')", converted.faults)
    return converted


def _key_faults(contract: TableContract, column: Column) -> tuple[Fault, ...]:
    """A key of blanks is a key; a number or a date that is not there is none."""
    if column.name in contract.key and column.kind != "text":
        return (Fault("missing_key", "{value} is null"),)
    return ()


def _is_deleted(contract: TableContract, delivered: DeliveredColumns, values: Mapping[str, str]) -> str:
    if contract.deleted_flag is None or contract.deleted_flag not in delivered.names:
        return "false"
    name = delivered.names[contract.deleted_flag]
    flag = convert(Column(name, "text"), delivered=delivered.types[name], value=values[name])
    return f"coalesce(trim({flag.value}) = {literal(contract.deleted_value or '')}, false)"


def _first_fault(faults: Sequence[tuple[str, Fault]], came: Mapping[str, str]) -> str:
    """SQL of reason, column and delivered value of the first fault; null for a good row."""
    cases = " ".join(
        f"when {fault.condition}"
        f" then [{literal(fault.reason)}, {literal(name)}, cast({came[name]} as varchar)]"
        for name, fault in faults
    )
    return f"case {cases} end" if cases else "cast(null as varchar[])"


def _json_object(values: Mapping[str, str]) -> str:
    """SQL of an object of right-trimmed texts without nulls, names in capitals and in order; null when empty.

    The same row gives the same object however its columns are cased and ordered.
    """
    pairs = ", ".join(
        f"{literal(name.upper())}, rtrim(cast({values[name]} as varchar))"
        for name in sorted(values, key=str.upper)
    )
    # merging drops the nulls
    return (
        f"nullif(json_merge_patch('{{}}', json_object({pairs})), '{{}}')" if values else "cast(null as json)"
    )
