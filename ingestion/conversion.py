"""The SQL by which a delivered value becomes one of its declared type, or is refused.

One value at a time: rows, keys and identities are made of them in landing. Nothing is executed here.
"""

import re
from dataclasses import dataclass
from typing import Final

from ingestion.contracts import Column
from ingestion.sql import literal

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
