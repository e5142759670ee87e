"""What is sent to each kind of database, as text: nothing but SELECT and SET, and as that kind writes it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.connectors.addresses import Address
from ingestion.connectors.dialects import (
    Dialect,
    KeyValue,
    SourceColumn,
    dialect_of,
    known_schemes,
    only_reading,
)
from ingestion.contracts import Column
from ingestion.errors import ConfigurationError
from ingestion.marked_yaml import Place
from ingestion.workspace import Secret

INSTANT = datetime(2026, 11, 1, 10, 0, 0, 123456, tzinfo=UTC)
DAY = date(2026, 9, 2)
ZONE = "America/Sao_Paulo"


def dialect(scheme: str) -> Dialect:
    found = dialect_of(scheme)
    assert found is not None
    return found


def of_type(kind: str) -> SourceColumn:
    return SourceColumn("c", kind)


def chunk(scheme: str, *, after: list[KeyValue] | None, order: list[SourceColumn]) -> str:
    one = dialect(scheme)
    return one.chunk_query("a, b", one.relation("s", "t"), order=order, after=after, count=500)


ID = SourceColumn("R_E_C_N_O_", "bigint", is_nullable=False)


@pytest.mark.parametrize(
    ("scheme", "query"),
    [
        ("postgresql", 'select a, b from "s"."t" where "R_E_C_N_O_" > 7 order by "R_E_C_N_O_" limit 500'),
        (
            "oracle",
            'select * from (select a, b from "s"."t" where "R_E_C_N_O_" > 7 order by "R_E_C_N_O_")'
            " where rownum <= 500",
        ),
        ("mssql", "select top (500) a, b from [s].[t] where [R_E_C_N_O_] > 7 order by [R_E_C_N_O_]"),
        ("odbc+mssql", "select top (500) a, b from [s].[t] where [R_E_C_N_O_] > 7 order by [R_E_C_N_O_]"),
        ("odbc+informix", 'select first 500 a, b from s.t where "R_E_C_N_O_" > 7 order by "R_E_C_N_O_"'),
        ("odbc+progress", 'select top 500 a, b from "s"."t" where "R_E_C_N_O_" > 7 order by "R_E_C_N_O_"'),
    ],
)
def test_a_chunk_begins_behind_the_last_one(scheme: str, query: str) -> None:
    assert chunk(scheme, after=[7], order=[ID]) == query


def test_the_first_chunk_has_no_bound() -> None:
    assert chunk("postgresql", after=None, order=[ID]) == (
        'select a, b from "s"."t" order by "R_E_C_N_O_" limit 500'
    )


def test_a_key_of_several_columns_is_compared_part_by_part_and_without_nulls() -> None:
    order = [SourceColumn("nro-docto", "varchar"), SourceColumn("parcela", "integer", is_nullable=False)]
    assert chunk("odbc+progress", after=["00'1", 2], order=order) == (
        'select top 500 a, b from "s"."t" where "nro-docto" is not null'
        " and \"nro-docto\" >= '00''1' and (\"nro-docto\" > '00''1' or \"parcela\" > 2)"
        ' order by "nro-docto", "parcela"'
    )
    assert dialect("odbc+progress").unordered_query("a", "t", order=order) == (
        'select a from t where "nro-docto" is null'
    )
    assert dialect("odbc+progress").unordered_query("a", "t", order=order[1:]) is None


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        (5, "5"),
        (Decimal("12.50"), "12.50"),
        ("o'b", "'o''b'"),
        (datetime(2026, 1, 2, 3, 4, 5), "timestamp '2026-01-02 03:04:05.000000'"),  # noqa: DTZ001
    ],
)
def test_key_values_are_written_as_they_were_read(value: KeyValue, sql: str) -> None:
    assert dialect("oracle").key_literal(of_type("TIMESTAMP(6)"), value) == sql


# a stamp without a zone is in the contract's, one with a zone is an instant
@pytest.mark.parametrize(
    ("scheme", "kind", "sql"),
    [
        ("postgresql", "timestamp with time zone", "timestamptz '2026-11-01 10:00:00.123456+00'"),
        ("postgresql", "timestamp without time zone", "timestamp '2026-11-01 07:00:00.123456'"),
        ("oracle", "TIMESTAMP(6) WITH TIME ZONE", "timestamp '2026-11-01 10:00:00.123456 +00:00'"),
        ("oracle", "TIMESTAMP(6)", "timestamp '2026-11-01 07:00:00.123456'"),
        ("oracle", "DATE", "to_date('2026-11-01 07:00:00', 'YYYY-MM-DD HH24:MI:SS')"),
        ("mssql", "datetimeoffset", "convert(datetimeoffset, '2026-11-01T10:00:00.123+00:00', 127)"),
        ("mssql", "datetime", "convert(datetime, '2026-11-01T07:00:00.123', 126)"),
        ("mssql", "datetime2", "convert(datetime2, '2026-11-01T07:00:00.123456', 126)"),
        ("odbc+informix", "datetime", "datetime(2026-11-01 07:00:00.123) year to fraction(3)"),
        ("odbc+progress", "timestamp", "{ts '2026-11-01 07:00:00.123'}"),
    ],
)
def test_a_stamp_is_compared_in_its_own_zone(scheme: str, kind: str, sql: str) -> None:
    assert dialect(scheme).bound(of_type(kind), INSTANT, zone=ZONE) == sql


@pytest.mark.parametrize(
    ("scheme", "kind", "sql"),
    [
        ("postgresql", "character", "'20260902'"),
        ("postgresql", "text", "'20260902'"),
        ("postgresql", "date", "date '2026-09-02'"),
        ("oracle", "CHAR", "'20260902'"),
        ("oracle", "DATE", "to_date('2026-09-02 00:00:00', 'YYYY-MM-DD HH24:MI:SS')"),
        ("mssql", "varchar", "'20260902'"),
        ("mssql", "date", "convert(date, '20260902', 112)"),
        ("mssql", "datetime", "convert(datetime, '2026-09-02T00:00:00.000', 126)"),
        ("odbc+informix", "date", "mdy(9, 2, 2026)"),
        ("odbc+informix", "char", "'20260902'"),
        ("odbc+progress", "date", "{d '2026-09-02'}"),
    ],
)
def test_a_posting_date_is_compared_as_it_is_stored(scheme: str, kind: str, sql: str) -> None:
    assert dialect(scheme).bound(of_type(kind), DAY, zone=ZONE) == sql


AMOUNT, RECORD, TEXT = Column("C", "decimal", 18, 2), Column("C", "bigint"), Column("C", "text")


@pytest.mark.parametrize(
    ("scheme", "kind", "declared", "sql"),
    [
        # without a scale a number would come as a float
        ("oracle", "NUMBER unbounded", AMOUNT, 'cast("c" as number(38,10)) as "c"'),
        ("oracle", "NUMBER unbounded", RECORD, 'cast("c" as number(19)) as "c"'),
        ("oracle", "NUMBER unbounded", TEXT, '"c"'),
        ("oracle", "NUMBER", AMOUNT, '"c"'),
        ("postgresql", "numeric unbounded", AMOUNT, 'cast("c" as numeric(38,10)) as "c"'),
        ("postgresql", "numeric", AMOUNT, '"c"'),
        ("mssql", "float", AMOUNT, "[c]"),
        ("oracle", "NUMBER unbounded", None, '"c"'),
    ],
)
def test_numbers_keep_their_digits(scheme: str, kind: str, declared: Column | None, sql: str) -> None:
    one, column = dialect(scheme), of_type(kind)
    assert one.selected(column, declared) == sql
    assert one.is_cast(column, declared) == ("cast" in sql)


@pytest.mark.parametrize(
    ("scheme", "wanted", "schema"),
    [
        ("odbc+progress", None, "PUB"),
        ("odbc+progress", "pub", "PUB"),
        ("oracle", "winthor", "WINTHOR"),
        ("odbc+informix", None, None),
        ("postgresql", "Erp", "Erp"),
        ("mssql", "dbo", "dbo"),
    ],
)
def test_schemas_are_spelled_as_the_catalog_does(scheme: str, wanted: str | None, schema: str | None) -> None:
    assert dialect(scheme).schema_named(wanted) == schema


def test_names_are_quoted_so_that_none_ends_early() -> None:
    assert dialect("mssql").quoted("a]b") == "[a]]b]"
    assert dialect("odbc+progress").quoted('nro"docto') == '"nro""docto"'
    assert dialect("odbc+informix").quoted("nf_sup") == "nf_sup"
    assert dialect("odbc+informix").relation("logix", "nf_sup") == "logix.nf_sup"


def test_the_catalog_is_asked_for_a_schema_only_where_there_is_one() -> None:
    informix = dialect("odbc+informix")
    assert "owner" not in informix.tables_query(None)
    assert informix.tables_query("logix").endswith("and owner = 'logix'")
    assert "and owner = 'logix' order by" in informix.columns_query("logix", "nf_sup")
    assert "tbl = 'docum-est'" in dialect("odbc+progress").columns_query("PUB", "docum-est")


@pytest.mark.parametrize("scheme", known_schemes())
def test_nothing_but_select_and_set_leaves_a_dialect(scheme: str) -> None:
    one = dialect(scheme)
    relation = one.relation("s;--", "t'")
    order = [SourceColumn("k", "varchar")]
    statements = [
        one.tables_query("s'; drop table x; --"),
        one.columns_query("s", "t'; delete from x; --"),
        one.chunk_query("c", relation, order=order, after=["'; drop table x; --"], count=5),
        one.unordered_query("c", relation, order=order),
        one.schema_query(),
        one.choice,
        *one.session,
    ]
    for statement in filter(None, statements):
        assert only_reading(statement) == statement
    assert not any("uncommitted" in text.casefold() for text in filter(None, (*one.session, one.choice)))


@pytest.mark.parametrize(
    "statement",
    ["update t set a = 1", "select 1; delete from t", "with x as (select 1) delete from t", "call p()", ""],
)
def test_anything_else_is_refused(statement: str) -> None:
    with pytest.raises(ValueError, match="only SELECT and SET"):
        only_reading(statement)


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        ("postgresql", "server closed the connection unexpectedly"),
        ("postgresql", 'connection to server at "h", port 5432 failed: Connection refused'),
        ("odbc+postgresql", "State: 57P01, Native error: 35, Message: terminating connection"),
        ("oracle", "ORA-03113: end-of-file on communication channel"),
        ("oracle", "DPY-4011: the database or network closed the connection"),
        ("mssql", "[08S01] Communication link failure"),
        ("odbc+informix", "State: 08S01, Native error: -27001, Message: Read error occurred"),
        ("odbc+progress", "State: 08S01, Native error: 10054, Message: Broken pipe"),
    ],
)
def test_a_broken_connection_is_told_from_other_errors(scheme: str, message: str) -> None:
    assert dialect(scheme).was_lost(message)


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        # a login that is refused again and again locks the user
        ("postgresql", 'connection to server at "h" failed: FATAL:  password authentication failed for "u"'),
        ("odbc+postgresql", "State: 08001, Message: FATAL:  password authentication failed"),
        ("oracle", "ORA-01017: invalid username/password; logon denied"),
        ("oracle", "ORA-00942: table or view does not exist"),
        ("mssql", "[28000] Login failed for user 'u'. (18456)"),
        ("odbc+informix", "State: 28000, Native error: -951, Message: Incorrect password"),
    ],
)
def test_other_errors_are_not_tried_again(scheme: str, message: str) -> None:
    assert not dialect(scheme).was_lost(message)


# addresses -------------------------------------------------------------------------------------------


def address(text: str) -> Address:
    return Address.of(secret(text))


def secret(text: str) -> Secret:
    return Secret("${URL}", {"URL": text}, Place(Path("confere.yml"), 12, "sources[0].url"))


def test_an_address_is_taken_apart() -> None:
    found = address("oracle://le%40dor:se%3Anha@db.example:1522/WINT?schema=winthor&protocol=tcps")
    assert (found.dialect.name, found.host, found.port, found.database) == (
        "oracle",
        "db.example",
        1522,
        "WINT",
    )
    assert (found.user, found.password, found.schema) == ("le@dor", "se:nha", "winthor")
    assert found.options == {"protocol": "tcps"}


@pytest.mark.parametrize("behind", ["odbc+progress:", "odbc+progress://?", "ODBC+OpenEdge:"])
def test_an_odbc_connection_string_stands_behind_its_dialect(behind: str) -> None:
    found = address(behind + "DSN=datasul; UID=reader;PWD={a;b}}c};schema=PUB;")
    assert found.dialect.name == "odbc+progress"
    assert found.schema == "PUB"
    assert found.options == {"DSN": "datasul", "UID": "reader", "PWD": "{a;b}}c}"}


@pytest.mark.parametrize(
    "text",
    [
        "db2://u@h/d",
        "h:5432",
        "postgres",
        "oracle:nothing",
        "oracle://h:port/d",
        "odbc+informix:",
        "odbc+x:DSN=a",
        "odbc+informix:DSN",
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"confere\.yml:12: sources\[0\]\.url: ") as caught:
        address(text)
    assert text not in str(caught.value).replace("postgresql", "")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://someone:s3%40cret@h/erp",
        "postgresql://h/erp?user=someone&password=s3%40cret",
        "mssql://someone:s3%40cret@h/erp",
        "odbc+progress:DSN=erp;UID=someone;PWD=s3@cret",
        "odbc+progress:DSN=erp;UID=someone;PWD={s3@cret}",
    ],
)
def test_no_message_holds_a_secret(text: str) -> None:
    one = address(text)
    for said in (
        text,
        "password s3@cret is wrong",
        f"in ({text.partition('+')[2] or text})",
        f"at {text}, later",
    ):
        scrubbed = one.scrub(said)
        assert "s3@cret" not in scrubbed
        assert "s3%40cret" not in scrubbed
    assert "s3" not in repr(one)
    assert one.digest == address(text.replace("s3", "changed")).digest
    assert one.digest != address(text.replace("erp", "other")).digest
