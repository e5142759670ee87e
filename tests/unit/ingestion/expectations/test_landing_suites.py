"""The landing suites: which tables they cover, what they let pass and what they name."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts import Column, Contracts, DocumentTable, TableContract, read_contracts
from ingestion.errors import ContractError
from ingestion.expectations.landing import check_landing
from ingestion.expectations.landing_suites import LandingSuite, read_suites
from ingestion.store import CheckResult, Run

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
RUN = Run("run-2", "run", AT, AT)
KEY = "35260811222333000181550010000001001000001007"

TITLES = TableContract(
    system="toy",
    name="se1",
    native="SE1",
    key=("NUM",),
    columns=(Column("NUM", "text"), Column("EMISSAO", "date"), Column("VALOR", "decimal", 18, 2)),
    business_date="EMISSAO",
    amount="VALOR",
)
CONTRACTS = Contracts(
    tables=(TITLES,),
    document_tables=tuple(
        DocumentTable("fiscal_xml", name, ())
        for name in ("documents", "protocols", "events", "items", "item_taxes", "instalments", "parties")
    ),
)


FISCAL_COLUMNS = (
    *("_content_sha256", "_extraction_id", "access_key", "environment", "model", "issued_at", "total_amount"),
    *("c_stat", "event_type", "sequence", "item", "tax", "gross_amount", "amount", "instalment", "due_on"),
    *("role", "tax_id"),
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema quality; create schema raw_toy; create schema raw_fiscal_xml")
        connection.execute(
            "create table quality.extractions as select 'e1' as extraction_id, 'run-1' as run_id"
        )
        connection.execute("insert into quality.extractions values ('e2', 'run-2')")
        connection.execute(
            "create table raw_toy.se1 (_key varchar, _extraction_id varchar, NUM varchar, EMISSAO date,"
            " VALOR decimal(18, 2))"
        )
        # an earlier run's row is wrong in every way and none of this run's business
        connection.execute("insert into raw_toy.se1 values ('toy|SE1|0', 'e1', null, '1900-01-01', -1)")
        text = ", ".join(f"{name} varchar" for name in FISCAL_COLUMNS)
        for table in CONTRACTS.document_tables:
            connection.execute(f"create table raw_fiscal_xml.{table.name} ({text})")
    return path


@pytest.fixture
def suites() -> tuple[LandingSuite, ...]:
    return read_suites(CONTRACTS)


def results(warehouse: Path, suites: tuple[LandingSuite, ...]) -> dict[str, CheckResult]:
    return {
        check.check_name: result
        for check, result in check_landing(warehouse, suites=suites, run=RUN, clock=lambda: AT)
    }


def insert(warehouse: Path, table: str, **values: object) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"insert into {table} by name select {', '.join(f'? as {name}' for name in values)}",
            list(values.values()),
        )


def test_every_declared_table_is_covered() -> None:
    contracts = read_contracts()
    covered = {(suite.system, suite.table) for suite in read_suites(contracts)}
    assert {(table.system, table.name) for table in contracts.tables if table.key} <= covered


def test_nothing_landed_nothing_is_evaluated(warehouse: Path, suites: tuple[LandingSuite, ...]) -> None:
    assert check_landing(warehouse, suites=suites, run=RUN, clock=lambda: AT) == ()


def test_only_the_rows_and_tables_of_the_run_are_judged(
    warehouse: Path, suites: tuple[LandingSuite, ...]
) -> None:
    insert(
        warehouse,
        "raw_toy.se1",
        _key="toy|SE1|1",
        _extraction_id="e2",
        NUM="1",
        EMISSAO="2026-10-01",
        VALOR=1,
    )
    found = results(warehouse, suites)
    assert {name: result.status for name, result in found.items()} == {
        "landing__toy__se1__key_present__num": "passed",
        "landing__toy__se1__date_plausible__emissao": "passed",
        "landing__toy__se1__amount_not_negative__valor": "passed",
    }


def test_failures_are_counted_and_named_with_exact_amounts(
    warehouse: Path, suites: tuple[LandingSuite, ...]
) -> None:
    for number, amount in enumerate((Decimal("0.00"), Decimal("-0.01"), Decimal("-12345678901234.56"))):
        values = {"NUM": None, "EMISSAO": "2028-01-01", "VALOR": amount}
        insert(warehouse, "raw_toy.se1", _key=f"toy|SE1|{number}", _extraction_id="e2", **values)
    found = results(warehouse, suites)
    assert found["landing__toy__se1__key_present__num"].status == "failed"
    assert found["landing__toy__se1__date_plausible__emissao"].status == "warned"
    negative = found["landing__toy__se1__amount_not_negative__valor"]
    assert (negative.status, negative.failures) == ("warned", 2)
    assert {key: detail["VALOR"] for key, detail in negative.failing} == {
        "toy|SE1|1": Decimal("-0.01"),
        "toy|SE1|2": Decimal("-12345678901234.56"),
    }


GOOD = {
    "access_key": KEY,
    "environment": "1",
    "model": "55",
    "issued_at": "2026-08-10T10:00:00-03:00",
    "total_amount": "10.00",
}


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ({}, None),
        ({"access_key": "35260811ABC33300018155001000000100100000100X"[:44]}, "access_key_shape"),
        ({"access_key": "3526081122233300A181550010000001001000001007"}, None),  # letters inside the CNPJ
        ({"access_key": KEY[:-1]}, "access_key_shape"),
        ({"access_key": None}, "access_key_present"),
        ({"environment": "3"}, "environment_known"),
        ({"model": "99"}, "model_known"),
        ({"issued_at": "2026-08-10"}, None),  # until 2.00 a note has a day only
        ({"issued_at": "2026-08-10T10:00"}, "issue_date_plausible"),
        ({"issued_at": "2026-08-10T10:00:00Z"}, None),
        ({"total_amount": "-10.00"}, "total_not_negative"),
        ({"total_amount": "1e3"}, "total_not_negative"),
    ],
)
def test_documents(
    warehouse: Path, suites: tuple[LandingSuite, ...], wrong: dict[str, str | None], check: str | None
) -> None:
    insert(warehouse, "raw_fiscal_xml.documents", _content_sha256="aa", _extraction_id="e2", **(GOOD | wrong))
    not_passed = {
        name: result for name, result in results(warehouse, suites).items() if result.status != "passed"
    }
    assert list(not_passed) == ([f"landing__fiscal_xml__documents__{check}"] if check else [])


def test_the_warehouse_is_closed_afterwards(warehouse: Path, suites: tuple[LandingSuite, ...]) -> None:
    insert(
        warehouse,
        "raw_toy.se1",
        _key="toy|SE1|1",
        _extraction_id="e2",
        NUM="1",
        EMISSAO="2026-10-01",
        VALOR=1,
    )
    results(warehouse, suites)
    duckdb.connect(str(warehouse)).close()


def test_an_expectation_on_a_missing_column_is_an_error_not_a_pass(
    warehouse: Path, suites: tuple[LandingSuite, ...]
) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("alter table raw_toy.se1 drop column VALOR")
    insert(warehouse, "raw_toy.se1", _key="toy|SE1|1", _extraction_id="e2", NUM="1", EMISSAO="2026-10-01")
    found = results(warehouse, suites)["landing__toy__se1__amount_not_negative__valor"]
    assert found.status == "error"
    assert "VALOR" in (found.message or "")


def test_every_expectation_exists() -> None:
    import great_expectations as gx

    names = {entry.expect for suite in read_suites(read_contracts()) for entry in suite.expectations}
    assert [name for name in sorted(names) if not hasattr(gx.expectations, name)] == []


@pytest.fixture
def suites_dir(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "_declared_columns.yml").write_text("{}", encoding="utf-8")
    return tmp_path


def test_a_suite_for_no_table_is_refused(suites_dir: Path) -> None:
    (suites_dir / "fiscal_xml.yml").write_text("nowhere: {identify: [a], expectations: []}", encoding="utf-8")
    with pytest.raises(ContractError, match="no raw table nowhere of fiscal_xml"):
        read_suites(CONTRACTS, suites_dir=suites_dir)


def test_suites_of_a_system_that_the_project_lacks_do_not_apply(suites_dir: Path) -> None:
    (suites_dir / "elsewhere.yml").write_text("nowhere: {identify: [a], expectations: []}", encoding="utf-8")
    assert read_suites(CONTRACTS, suites_dir=suites_dir) == ()


def test_an_unknown_severity_is_refused(suites_dir: Path) -> None:
    (suites_dir / "fiscal_xml.yml").write_text(
        "items: {identify: [item], expectations: "
        "[{name: n, column: item, expect: X, severity: fatal, description: d}]}",
        encoding="utf-8",
    )
    with pytest.raises(ContractError, match="unknown severity 'fatal'"):
        read_suites(CONTRACTS, suites_dir=suites_dir)
