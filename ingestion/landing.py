"""The SQL by which a delivered row becomes a typed one with its identity and content hash, or is refused.

Pure functions from a contract and the delivered types to SQL text; nothing is executed here. A table is
converted in one set-based pass: no value passes through Python.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingestion.contracts import Column, TableContract
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

LOCAL_ZONE: Final = "America/Sao_Paulo"
"""Zone of an instant that comes without an offset; a database's own stamps have the contract's."""

_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_INTEGERS: Final = frozenset(
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
)
_WHOLE_FLOATS: Final = {"DOUBLE": 2**53, "FLOAT": 2**24}
"""Beyond these a binary float leaves out whole numbers: the digits of a code are not to be trusted."""
_TRUTHS: Final = {True: ("1", "yes", "sim", "true", "s", "t"), False: ("0", "no", "não", "false", "n", "f")}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a value is refused (a slug), and the SQL condition under which it is."""

    reason: str
    condition: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """The SQL of a typed value, and what would make the row be refused."""

    value: str
    faults: tuple[Fault, ...] = ()


def convert(column: Column, *, delivered: str, value: str, zone: str = LOCAL_ZONE) -> Conversion:
    """How a value of DuckDB type `delivered` becomes one of the declared type.

    Blank text is null for every type but text, which is right-trimmed. A number that would lose more than the
    noise of a binary float is refused, as is a value of another kind; of an instant, a date takes the day.
    """
    family = _family(delivered)
    if column.kind == "text":
        return _to_text(value, family, delivered)
    if column.kind == "boolean":
        return _to_boolean(value, family)
    if family in {"other", "boolean"} or (
        family in {"integer", "float", "decimal"} and column.kind in {"date", "timestamp"}
    ):
        family, value = "text", f"cast({value} as varchar)"
    if column.kind == "date":
        return _to_date(value, family)
    if column.kind == "timestamp":
        return _to_timestamp(value, family, zone)
    return _to_number(column, value, family, delivered)


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

    With `content`, SQL of what tells rows of one key apart (see `content_text`), its key with the MD5 of that:
    the digest must outlive DuckDB's versions. Rows of one key and content are numbered where they are stored.
    """
    told = f"case when {is_deleted} then concat({key}, '*') else {key} end"
    if content is not None:
        told = f"concat({key}, '~', md5({content}))"
    if row_id is None:
        return told
    return f"case when {row_id} is null then {told} else concat({key}, '#', {row_id}) end"


def content_text(contract: TableContract, values: Mapping[str, str]) -> str:
    """SQL of a row's content as text, out of its typed `values` by column.

    The same for the same content however its columns are ordered; null and blank are one and left out, so that
    a new column changes nothing until it holds something. Key, deletion mark and stamps are no part of it.
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
    return f"""
        select
            {literal(source)} as _source, {literal(contract.native)} as _table, _key,
            case when not unknown then {identity} end as _row_id,
            0 as _version, {stamps[0]} as _changed_at, {stamps[1]} as _inserted_at,
            timestamptz {literal(recorded_at.isoformat())} as _recorded_at, null as _superseded_at,
            {literal(extraction_id)} as _extraction_id,
            case when fault is null
                then {content_hash(stored.values(), is_deleted="_is_deleted", extra="extra")} end as _row_hash,
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
    return convert(column, delivered=delivered.types[name], value=values[name], zone=zone)


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


def _family(delivered: str) -> str:
    if delivered == "VARCHAR":
        return "text"
    if delivered in _INTEGERS:
        return "integer"
    if delivered in {"DOUBLE", "FLOAT"}:
        return "float"
    if _DECIMAL.fullmatch(delivered):
        return "decimal"
    if delivered == "DATE":
        return "date"
    if delivered == "TIMESTAMP WITH TIME ZONE":
        return "instant"
    if delivered.startswith("TIMESTAMP"):
        return "timestamp"
    if delivered == "BOOLEAN":
        return "boolean"
    return "other"


def _to_text(value: str, family: str, delivered: str) -> Conversion:
    """A code that an export turned into a number for its nulls' sake is its digits again."""
    text = f"cast({value} as varchar)"
    if family == "text":
        return Conversion(f"rtrim({value})")
    if family == "decimal":
        return Conversion(f"regexp_replace({text}, '\\.0+$', '')")
    if family in {"timestamp", "instant"}:
        return Conversion(f"replace({text}, ' ', 'T')")
    if family != "float":
        return Conversion(text)
    limit = _WHOLE_FLOATS[delivered]
    digits = f"cast(try_cast({value} as bigint) as varchar)"
    return Conversion(
        f"case when abs({value}) < {limit} and {value} = trunc({value}) then {digits}"
        f" when not isnan({value}) then {text} end",
        (Fault("narrowing", f"not isnan({value}) and abs({value}) >= {limit}"),),
    )


def _to_boolean(value: str, family: str) -> Conversion:
    if family == "boolean":
        return Conversion(value)
    present = f"{value} is not null"
    said = f"case {value} when 1 then true when 0 then false end"
    if family not in {"integer", "float", "decimal"}:
        text = f"lower(trim(cast({value} as varchar)))"
        present = f"{text} <> ''"
        cases = " ".join(
            f"when {text} in ({', '.join(map(literal, words))}) then {truth}"
            for truth, words in _TRUTHS.items()
        )
        said = f"case {cases} end"
    return Conversion(said, (Fault("not_a_boolean", f"{present} and {{value}} is null"),))


def _to_number(column: Column, value: str, family: str, delivered: str) -> Conversion:
    typed = f"try_cast({value} as {column.sql_type})"
    if family in {"date", "timestamp", "instant"}:
        return Conversion(
            f"cast(null as {column.sql_type})", (Fault("not_a_number", f"{value} is not null"),)
        )
    if family == "integer":
        return Conversion(typed, (Fault("out_of_range", f"{value} is not null and {{value}} is null"),))
    if family == "decimal" and _fits(column, delivered):
        return Conversion(typed)
    number = f"cast({value} as double)"
    present = f"{value} is not null"
    if family == "text":
        # a text casts with the blanks around it; an empty one is not wrong
        number = f"try_cast({value} as double)"
        present = f"trim({value}) <> ''"
    # noise of a binary float lies far below a tenth of the last digit's half
    noise = f"5e-{(column.scale or 0) + 2}"
    lost = f"abs(cast({{value}} as double) - {number}) >= {noise}"
    if delivered == "FLOAT":
        lost += f" and cast({{value}} as float) <> {value}"
    return Conversion(
        typed,
        (
            Fault(
                "not_a_number", f"{present} and ({number} is null or not isfinite(cast({number} as double)))"
            ),
            Fault("out_of_range", f"{present} and {{value}} is null"),
            Fault("narrowing", lost),
        ),
    )


def _fits(column: Column, delivered: str) -> bool:
    match = _DECIMAL.fullmatch(delivered)
    if match is None:
        return False
    precision, scale = int(match[1]), int(match[2])
    declared = column.scale or 0
    return scale <= declared and precision - scale <= (column.precision or 18) - declared


def _to_date(value: str, family: str) -> Conversion:
    if family == "date":
        return Conversion(value)
    zone = literal(LOCAL_ZONE)
    if family in {"timestamp", "instant"}:
        return Conversion(f"cast({value if family == 'timestamp' else f'timezone({zone}, {value})'} as date)")
    # the cheap conditions first: most values are eight digits, blank ones need no trimming to be null
    text = f"trim({value})"
    day = (
        f"case when length({value}) > 16 and {_has_offset(text)}"
        f" then timezone({zone}, try_cast({text} as timestamptz)) else {_parsed_instant(value)} end"
    )
    return Conversion(f"cast({day} as date)", (Fault("not_a_date", f"{{value}} is null and {text} <> ''"),))


def _to_timestamp(value: str, family: str, zone: str) -> Conversion:
    if family == "instant":
        return Conversion(value)
    if family in {"date", "timestamp"}:
        return Conversion(f"timezone({literal(zone)}, cast({value} as timestamp))")
    text = f"trim({value})"
    typed = (
        f"case when {_has_offset(text)} then try_cast({text} as timestamptz) "
        f"else timezone({literal(zone)}, {_parsed_instant(value)}) end"
    )
    return Conversion(typed, (Fault("not_an_instant", f"{{value}} is null and {text} <> ''"),))


def _has_offset(text: str) -> str:
    return f"regexp_matches({text}, ':[0-9.]+ ?(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"


def _parsed_instant(value: str) -> str:
    """A text as a timestamp: a date as the ERPs store it (20260131), or ISO; null for anything else."""
    iso = f"case when trim({value}) like '____-%' then try_cast(trim({value}) as timestamp) end"
    # strptime takes words such as infinity, and seven digits with a blank
    digits = f"length({value}) = 8 and {value} < ':' and {value} not like '% %'"
    return f"case when {digits} then try_strptime({value}, '%Y%m%d') else {iso} end"
