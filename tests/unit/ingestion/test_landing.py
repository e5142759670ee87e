"""Conversion of delivered values to declared types, value by value."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts import Column, TableContract
from ingestion.conversion import convert
from ingestion.landing import identity_select, landing_select, match_columns

MONEY = Column("AMOUNT", "decimal", 18, 2)
PRICE = Column("PRICE", "decimal", 21, 10)
NUMBER = Column("NUMBER", "bigint")
DAY = Column("DAY", "date")
INSTANT = Column("INSTANT", "timestamp")
TEXT = Column("TEXT", "text")
TRUTH = Column("TRUTH", "boolean")
MIDNIGHT = datetime.fromisoformat("2026-01-31")  # as a database without zones has it


def converted(column: Column, delivered: str, value: Any) -> Any:
    """The typed value, or the slug of the reason why it is refused."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        conversion = convert(column, delivered=delivered, value="r")
        cases = " ".join(
            f"when {fault.condition.format(value='c')} then '{fault.reason}'" for fault in conversion.faults
        )
        reason = f"case {cases} end" if cases else "null"
        ((typed, refused),) = connection.execute(
            f"select c, {reason} from"
            f" (select *, {conversion.value} as c from (select cast($1 as {delivered}) as r))",
            [value],
        ).fetchall()
        return typed if refused is None else refused


@pytest.mark.parametrize(
    ("column", "delivered", "value", "expected"),
    [
        # numbers as text: a point, no separators of thousands; blanks around are no matter
        (MONEY, "VARCHAR", "1234.56", Decimal("1234.56")),
        (MONEY, "VARCHAR", "  1234.5 ", Decimal("1234.50")),
        (MONEY, "VARCHAR", "-0.01", Decimal("-0.01")),
        (MONEY, "VARCHAR", "", None),
        (MONEY, "VARCHAR", "    ", None),
        (MONEY, "VARCHAR", None, None),
        (MONEY, "VARCHAR", "1.234,56", "not_a_number"),
        (MONEY, "VARCHAR", "12,5", "not_a_number"),
        (MONEY, "VARCHAR", "abc", "not_a_number"),
        (MONEY, "VARCHAR", "NaN", "not_a_number"),
        (MONEY, "VARCHAR", "99999999999999999.00", "out_of_range"),
        (MONEY, "VARCHAR", "10.555", "narrowing"),
        (MONEY, "VARCHAR", "10.5000000001", Decimal("10.50")),
        # noise of a binary float is rounded away, a lost digit is not
        (MONEY, "DOUBLE", 0.1 + 0.2, Decimal("0.30")),
        (MONEY, "DOUBLE", 10.005, "narrowing"),
        (MONEY, "DOUBLE", 10.0004, Decimal("10.00")),
        (MONEY, "DOUBLE", 10.0006, "narrowing"),
        (MONEY, "DOUBLE", float("nan"), "not_a_number"),
        (MONEY, "DOUBLE", float("inf"), "not_a_number"),
        (MONEY, "DOUBLE", 1e17, "out_of_range"),
        (MONEY, "DOUBLE", 99999999999999.99, Decimal("99999999999999.98")),
        (MONEY, "FLOAT", 123456.78, Decimal("123456.78")),
        (MONEY, "DECIMAL(16,2)", Decimal("12.34"), Decimal("12.34")),
        (MONEY, "DECIMAL(18,4)", Decimal("12.3400"), Decimal("12.34")),
        (MONEY, "DECIMAL(18,4)", Decimal("12.3456"), "narrowing"),
        (MONEY, "DECIMAL(38,2)", Decimal("99999999999999999.00"), "out_of_range"),
        (MONEY, "INTEGER", 12, Decimal("12.00")),
        (MONEY, "BIGINT", 10**17, "out_of_range"),
        (MONEY, "DATE", date(2026, 1, 1), "not_a_number"),
        (PRICE, "DOUBLE", 0.1234567891, Decimal("0.1234567891")),
        (PRICE, "VARCHAR", "0.12345678915", "narrowing"),
        (NUMBER, "VARCHAR", "12", 12),
        (NUMBER, "VARCHAR", "12.0", 12),
        (NUMBER, "VARCHAR", "1.5", "narrowing"),
        (NUMBER, "VARCHAR", "x", "not_a_number"),
        (NUMBER, "VARCHAR", " ", None),
        (NUMBER, "DOUBLE", 7.0, 7),
        (NUMBER, "DOUBLE", 7.5, "narrowing"),
        (NUMBER, "DECIMAL(18,0)", Decimal("7"), 7),
        (NUMBER, "INTEGER", 7, 7),
        # dates as the ERPs store them, or ISO
        (DAY, "VARCHAR", "20260131", date(2026, 1, 31)),
        (DAY, "VARCHAR", "        ", None),
        (DAY, "VARCHAR", "", None),
        (DAY, "VARCHAR", "2026-01-31", date(2026, 1, 31)),
        (DAY, "VARCHAR", "2026-01-31 00:00:00", date(2026, 1, 31)),
        (DAY, "VARCHAR", "2026-01-31T00:00:00.000", date(2026, 1, 31)),
        (DAY, "VARCHAR", "2026-01-31 10:00:00", date(2026, 1, 31)),
        (DAY, "VARCHAR", "20260231", "not_a_date"),
        (DAY, "VARCHAR", "2026131 ", "not_a_date"),
        (DAY, "VARCHAR", "31/01/2026", "not_a_date"),
        (DAY, "VARCHAR", " 2026131", "not_a_date"),
        (DAY, "VARCHAR", "infinity", "not_a_date"),
        (DAY, "VARCHAR", "epoch", "not_a_date"),
        (DAY, "INTEGER", 20260131, date(2026, 1, 31)),
        (DAY, "DATE", date(2026, 1, 31), date(2026, 1, 31)),
        (DAY, "TIMESTAMP", MIDNIGHT, date(2026, 1, 31)),
        # what a database calls a date may have a time: the day is what was asked for
        (DAY, "TIMESTAMP", MIDNIGHT.replace(hour=1), date(2026, 1, 31)),
        (DAY, "VARCHAR", "2026-01-31T01:30:00Z", date(2026, 1, 30)),
        (DAY, "VARCHAR", "2026-01-31T01:30:00.000-03:00", date(2026, 1, 31)),
        (DAY, "TIMESTAMP WITH TIME ZONE", datetime(2026, 1, 31, 1, tzinfo=UTC), date(2026, 1, 30)),
        # without an offset an instant is local
        (INSTANT, "VARCHAR", "2026-01-31 10:00:00", datetime(2026, 1, 31, 13, tzinfo=UTC)),
        (INSTANT, "VARCHAR", "2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        (INSTANT, "VARCHAR", "2026-01-31T10:00:00-03:00", datetime(2026, 1, 31, 13, tzinfo=UTC)),
        (INSTANT, "VARCHAR", "2026-01-31 10:00:00.5+00", datetime(2026, 1, 31, 10, 0, 0, 500000, tzinfo=UTC)),
        (INSTANT, "VARCHAR", "20260131", datetime(2026, 1, 31, 3, tzinfo=UTC)),
        (INSTANT, "VARCHAR", "2026-01-31", datetime(2026, 1, 31, 3, tzinfo=UTC)),
        (INSTANT, "VARCHAR", " ", None),
        (INSTANT, "VARCHAR", "soon", "not_an_instant"),
        (INSTANT, "TIMESTAMP", MIDNIGHT.replace(hour=10), datetime(2026, 1, 31, 13, tzinfo=UTC)),
        (
            INSTANT,
            "TIMESTAMP WITH TIME ZONE",
            datetime(2026, 1, 31, 10, tzinfo=UTC),
            datetime(2026, 1, 31, 10, tzinfo=UTC),
        ),
        (INSTANT, "DATE", date(2026, 1, 31), datetime(2026, 1, 31, 3, tzinfo=UTC)),
        # text keeps what it says, but for the padding
        (TEXT, "VARCHAR", "  ação  ", "  ação"),
        (TEXT, "VARCHAR", "   ", ""),
        (TEXT, "VARCHAR", None, None),
        (TEXT, "BIGINT", 12, "12"),
        # a code with nulls comes out of pandas as a float; one beyond its digits has lost some
        (TEXT, "DOUBLE", 5501.0, "5501"),
        (TEXT, "DOUBLE", -0.0, "0"),
        (TEXT, "DOUBLE", 1.5, "1.5"),
        (TEXT, "DOUBLE", None, None),
        (TEXT, "DOUBLE", float("nan"), None),
        (TEXT, "DOUBLE", 12345678000195.0, "12345678000195"),
        (TEXT, "DOUBLE", 3.5260612e43, "narrowing"),
        (TEXT, "DOUBLE", float("inf"), "narrowing"),
        (TEXT, "FLOAT", 16777216.0, "narrowing"),
        (TEXT, "FLOAT", 1.0, "1"),
        (TEXT, "DECIMAL(18,2)", Decimal("5501.00"), "5501"),
        (TEXT, "DECIMAL(18,2)", Decimal("5501.50"), "5501.50"),
        (TEXT, "DECIMAL(38,0)", Decimal(10**37), str(10**37)),
        (TEXT, "DATE", date(2026, 1, 31), "2026-01-31"),
        (TEXT, "TIMESTAMP", MIDNIGHT.replace(hour=10), "2026-01-31T10:00:00"),
        (TEXT, "BOOLEAN", True, "true"),
        # yes and no, as systems and exports say them
        *((TRUTH, "VARCHAR", word, True) for word in ("1", "yes", " SIM", "True", "s", "T ", "S")),
        *((TRUTH, "VARCHAR", word, False) for word in ("0", "No", "não", "NÃO", "false", "N", "f")),
        *((TRUTH, "VARCHAR", blank, None) for blank in ("", "   ", None)),
        *((TRUTH, "VARCHAR", word, "not_a_boolean") for word in ("2", "-1", "x", "yes no")),
        (TRUTH, "BOOLEAN", True, True),
        (TRUTH, "BOOLEAN", None, None),
        (TRUTH, "INTEGER", 0, False),
        (TRUTH, "DOUBLE", 1.0, True),
        (TRUTH, "DOUBLE", 0.5, "not_a_boolean"),
        (TRUTH, "DECIMAL(1,0)", Decimal(1), True),
        (TRUTH, "INTEGER", 7, "not_a_boolean"),
        (TRUTH, "DATE", date(2026, 1, 31), "not_a_boolean"),
        (MONEY, "BOOLEAN", True, "not_a_number"),
    ],
)
def test_values(column: Column, delivered: str, value: Any, expected: Any) -> None:
    assert converted(column, delivered, value) == expected


def test_a_stamp_without_offset_is_utc() -> None:
    conversion = convert(INSTANT, delivered="TIMESTAMP", value="timestamp '2026-01-31 10:00:00'", zone="UTC")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        assert connection.execute(f"select {conversion.value}").fetchall() == [
            (datetime(2026, 1, 31, 10, tzinfo=UTC),)
        ]


@settings(deadline=None)
@given(cents=st.integers(-(10**15) + 1, 10**15 - 1))
def test_every_amount_survives_the_way_through_a_float(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    assert converted(MONEY, "DOUBLE", float(amount)) == amount
    assert converted(MONEY, "VARCHAR", str(amount)) == amount


@settings(deadline=None)
@given(text=st.text(max_size=12))
def test_no_text_breaks_a_conversion(text: str) -> None:
    for column in (MONEY, NUMBER, DAY, INSTANT, TEXT, TRUTH):
        converted(column, "VARCHAR", text.replace("\x00", ""))


CONTRACT = TableContract(
    "protheus", "t", "T-1", ("CODE", "NUMBER"), (Column("CODE", "text"), NUMBER, MONEY), row_id="R_E_C_N_O_"
)


HYPHENS = TableContract(
    "datasul",
    "t",
    "docum-est",
    ("nro-docto",),
    (Column("nro-docto", "text"), Column("preco[1]", "decimal", 18, 2, aliases=("preco##1", "preco-1"))),
    changed_at="dt-alter",
    changed_at_zone="America/Sao_Paulo",
    amount="preco[1]",
    null_text="?",
)


@pytest.mark.parametrize("key", ["nro-docto", "NRO_DOCTO", "Nro-Docto"])
@pytest.mark.parametrize("price", ["preco[1]", "PRECO##1", "preco_1"])
def test_a_hyphen_is_an_underscore_and_a_column_may_have_other_names(key: str, price: str) -> None:
    matched = match_columns(HYPHENS, {key: "VARCHAR", price: "VARCHAR", "Dt_Alter": "TIMESTAMP"})
    assert matched.names == {"nro-docto": key, "preco[1]": price, "dt-alter": "Dt_Alter"}
    assert (matched.missing, matched.extra) == ((), ())


def test_of_two_spellings_of_a_column_neither_is_taken() -> None:
    with pytest.raises(ValueError, match=r"preco\[1\] and preco-1 are both preco\[1\]"):
        match_columns(HYPHENS, dict.fromkeys(("nro-docto", "preco-1", "preco[1]"), "VARCHAR"))
    with pytest.raises(ValueError, match="nro-docto and nro_docto are the same"):
        match_columns(HYPHENS, dict.fromkeys(("nro-docto", "nro_docto"), "VARCHAR"))


def test_a_text_that_means_null_is_null_everywhere() -> None:
    row = landed(HYPHENS, nro_docto="7", preco_1="? ", dt_alter="?", other="?", more="a?")
    assert (row["_row_id"], row["preco[1]"], row["_changed_at"]) == ("s|docum-est|7", None, None)
    assert row["_extra"] == '{"MORE":"a?"}'
    row = landed(HYPHENS, nro_docto="?")
    assert (row["_key"], row["nro-docto"]) == ("s|docum-est|", ""), "a part of a key is blank"


def test_a_stamp_is_told_in_the_zone_of_its_contract() -> None:
    row = landed(HYPHENS, nro_docto="7", dt_alter="2026-01-31 10:00:00")
    assert row["_changed_at"].astimezone(UTC) == datetime(2026, 1, 31, 13, tzinfo=UTC)
    row = landed(HYPHENS, nro_docto="7", dt_alter="2026-01-31T10:00:00Z")
    assert row["_changed_at"].astimezone(UTC) == datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert HYPHENS.as_stamp(datetime(2026, 1, 31, 13, tzinfo=UTC)) == datetime.fromisoformat(
        "2026-01-31 10:00"
    )


def test_a_stamp_that_is_declared_as_a_day_keeps_its_time_apart() -> None:
    contract = replace(HYPHENS, columns=(*HYPHENS.columns, Column("dt-alter", "date")))
    row = landed(contract, nro_docto="7", dt_alter="2026-01-31 10:00:00")
    assert row["dt-alter"] == date(2026, 1, 31)
    assert row["_changed_at"].astimezone(UTC) == datetime(2026, 1, 31, 13, tzinfo=UTC)


@pytest.mark.parametrize("flag", ["1", "1 ", "1.0"])
def test_a_deletion_mark_may_come_as_a_number(flag: str) -> None:
    contract = replace(HYPHENS, deleted_flag="morto", deleted_value="1")
    value = flag if "." not in flag else float(flag)
    assert landed(contract, nro_docto="7", morto=value)["_is_deleted"]
    assert not landed(contract, nro_docto="7", morto="?")["_is_deleted"]


def test_an_identity_is_told_with_its_amount_and_only_where_it_can_be() -> None:
    types = {"CODE": "VARCHAR", "NUMBER": "VARCHAR", "AMOUNT": "VARCHAR"}
    contract = replace(CONTRACT, amount="AMOUNT")
    rows = (
        "(values ('a', '5', '1.50'), ('a', 'x', '2'), ('b ', '6', 'x')) t(\"CODE\", \"NUMBER\", \"AMOUNT\")"
    )
    select = identity_select(contract, source="s", relation=rows, delivered=match_columns(contract, types))
    with duckdb.connect() as connection:
        assert connection.execute(f"from ({select}) order by _key").fetchall() == [
            ("s|T-1|a|", None, False, Decimal("2.00")),
            ("s|T-1|a|5", "s|T-1|a|5", False, Decimal("1.50")),
            ("s|T-1|b|6", "s|T-1|b|6", False, None),
        ]


def test_columns_match_without_regard_to_case() -> None:
    matched = match_columns(CONTRACT, {"code": "VARCHAR", "Number": "VARCHAR", "other": "DOUBLE"})
    assert matched.names == {"CODE": "code", "NUMBER": "Number"}
    assert (matched.missing, matched.extra) == (("AMOUNT", "R_E_C_N_O_"), ("other",))


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ({"CODE": "VARCHAR"}, "NUMBER is missing"),
        ({"CODE": "VARCHAR", "code": "VARCHAR"}, "the same but for case"),
    ],
)
def test_a_missing_key_and_a_column_twice_are_named(types: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        match_columns(CONTRACT, types)


def landed(contract: TableContract = CONTRACT, /, **row: str | float) -> dict[str, Any]:
    """A row of texts (and floats) as it lands."""
    types = {name: "DOUBLE" if isinstance(value, float) else "VARCHAR" for name, value in row.items()}
    matched = match_columns(contract, types)
    values = ", ".join(f"'{value}'::{types[name]} as \"{name}\"" for name, value in row.items())
    select = landing_select(
        contract,
        source="s",
        relation=f"(select {values})",
        delivered=matched,
        extraction_id="e",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        cursor = connection.execute(select)
        return dict(zip([column[0] for column in cursor.description], cursor.fetchall()[0], strict=True))


def test_key_and_identity_keep_empty_parts() -> None:
    row = landed(CODE="", NUMBER="5", AMOUNT="1")
    assert (row["_key"], row["_row_id"]) == ("s|T-1||5", "s|T-1||5")
    assert landed(CODE="a ", NUMBER="5.0", R_E_C_N_O_="9")["_row_id"] == "s|T-1|a|5#9"


def test_a_refused_row_tells_reason_column_and_value() -> None:
    row = landed(CODE="a", NUMBER="5", AMOUNT="1,5", other="x ")
    assert (row["_row_hash"], row["_row_id"]) == (None, "s|T-1|a|5")
    assert row["_extra"] == (
        '{"reason":"not_a_number","column":"AMOUNT","value":"1,5",'
        '"row":{"AMOUNT":"1,5","CODE":"a","NUMBER":"5","OTHER":"x"}}'
    )


@pytest.mark.parametrize(("number", "reason"), [("", "missing_key"), ("x", "not_a_number")])
def test_a_row_whose_key_cannot_be_read_has_no_identity(number: str, reason: str) -> None:
    row = landed(CODE="a", NUMBER=number)
    assert row["_row_id"] is None
    assert f'"reason":"{reason}"' in row["_extra"]


def test_what_came_undeclared_is_kept_however_it_is_ordered() -> None:
    one = landed(CODE="a", NUMBER="5", zeta="1", Alpha="2 ")
    other = landed(Alpha="2", NUMBER="5", CODE="a", ZETA="1")
    assert one["_extra"] == other["_extra"] == '{"ALPHA":"2","ZETA":"1"}'
    assert one["_row_hash"] == other["_row_hash"]
