"""The rules in SQL: every unit test of the dbt project; each generic test and macro fires and stays silent."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from ingestion.contracts import dbt_project_dir, read_contracts
from ingestion.store import Store
from tests.integration.world import access_key

pytestmark = pytest.mark.slow

PROJECT = dbt_project_dir()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty warehouse with every model built on it."""
    folder = tmp_path_factory.mktemp("rules")
    warehouse = folder / "confere.duckdb"
    Store.open(warehouse, contracts=read_contracts(PROJECT / "models"), software_version="test").close()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into raw_settings.clock values (timestamptz '2026-11-30 00:00:00+00', 'run')"
        )
    before = os.environ.get("CONFERE_WAREHOUSE")
    os.environ["CONFERE_WAREHOUSE"] = str(warehouse)
    assert invoke("build", "--exclude-resource-type", "unit_test", target=folder).success
    yield folder
    if before is None:
        del os.environ["CONFERE_WAREHOUSE"]
    else:
        os.environ["CONFERE_WAREHOUSE"] = before


def invoke(*arguments: str, target: Path) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    result = dbtRunner().invoke(
        [
            "--quiet",
            *arguments,
            *places,
            "--target-path",
            str(target / "target"),
            "--log-path",
            str(target / "logs"),
        ]
    )
    DuckDBConnectionManager.close_all_connections()
    return result


def test_every_unit_test_of_the_models_passes(target: Path) -> None:
    result = invoke("test", "--select", "test_type:unit", target=target)
    outcomes = {outcome.node.name: (str(outcome.status), outcome.message) for outcome in result.result}
    assert {name: outcome for name, outcome in outcomes.items() if outcome[0] != "pass"} == {}
    assert len(outcomes) >= 30


def rows_of(template: str, *, target: Path) -> list[tuple[Any, ...]]:
    """What a piece of SQL with macros returns: compiled by dbt, run on the warehouse."""
    result = invoke("compile", "--inline", template, target=target)
    assert result.success, result.exception
    with duckdb.connect(os.environ["CONFERE_WAREHOUSE"]) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(result.result.results[0].node.compiled_code).fetchall()


@pytest.mark.parametrize(
    ("rows", "offenders"),
    [("(1, 'a'), (1, 'b'), (2, 'a')", 0), ("(1, 'a'), (2, 'b'), (1, 'a')", 1)],
    ids=["silent", "fires"],
)
def test_unique_key(rows: str, offenders: int, *, target: Path) -> None:
    relation = f"(select * from (values {rows}) as given (one, other))"
    found = rows_of(
        f"{{{{ test_unique_key(model=\"{relation}\", columns=['one', 'other']) }}}}", target=target
    )
    assert len(found) == offenders


@pytest.mark.parametrize(
    ("rows", "offenders"),
    [
        ("(1, 1, 3, 1, null), (1, 3, null, 1, null)", 0),
        ("(1, 1, null, 1, 2), (1, 1, null, 2, null)", 0),
        ("(1, 1, 4, 1, null), (1, 3, null, 1, null)", 1),
        ("(1, 1, null, 1, 3), (1, 1, null, 2, null)", 1),
        ("(1, 1, 4, 1, null), (2, 3, null, 1, null)", 0),
    ],
    ids=[
        "one after the other",
        "known after the other",
        "overlap in the world",
        "overlap in knowledge",
        "two keys",
    ],
)
def test_no_overlap(rows: str, offenders: int, *, target: Path) -> None:
    instants = ", ".join(
        f"timestamptz '2026-01-01 00:00:00+00' + to_days({name}) as {name}"
        for name in ("valid_from", "valid_to", "known_from", "known_to")
    )
    relation = f"(select key, {instants} from (values {rows}) as given (key, valid_from, valid_to, known_from, known_to))"
    found = rows_of(f"{{{{ test_no_overlap(model=\"{relation}\", key=['key']) }}}}", target=target)
    assert len(found) == offenders


@pytest.mark.parametrize(("rule", "offenders"), [("one", 2), ("other", 0)], ids=["fires", "silent"])
def test_rule_holds(rule: str, offenders: int, *, target: Path) -> None:
    columns = "access_key, rule, item, severity, found_amount, expected_amount, difference, found_text, expected_text"
    relation = (
        "(select * from (values ('K', 'one', '', 'error', 2, 1, 1, null, null), ('L', 'one', '3', 'info', 2, 1, 1, null, null),"
        f" ('K', 'third', '', 'warn', 2, 1, 1, null, null)) as given ({columns}))"
    )
    found = rows_of(f"{{{{ test_rule_holds(model=\"{relation}\", rule='{rule}') }}}}", target=target)
    assert len(found) == offenders


def test_check_digit_and_key_shape(target: Path) -> None:
    from datetime import date

    right = access_key("12345678000195", 7, on=date(2026, 8, 1))
    lettered = "351910AB12CD34EF5602580010000000121000000015"
    wrong = right[:43] + str((int(right[43]) + 1) % 10)
    values = ", ".join(
        f"('{key}')" for key in (right, lettered, wrong, right[:43], right[:20] + "5x" + right[22:])
    )
    found = rows_of(
        f"select {{{{ is_access_key('key') }}}}, {{{{ has_valid_check_digit('key') }}}} from (values {values}) as given (key)",
        target=target,
    )
    assert found == [(True, True), (True, True), (True, False), (False, False), (False, False)]


def test_in_voided_range(target: Path) -> None:
    """One case lies in the range; each of the others differs in one thing only, and no year on a side is any year."""
    found = rows_of(
        """
        select documents.name
        from (
            values
            ('inside', 'I', '55', 1, 12, 2026), ('no year', 'I', '55', 1, 10, null), ('other issuer', 'J', '55', 1, 11, 2026),
            ('other model', 'I', '65', 1, 11, 2026), ('other series', 'I', '55', 2, 11, 2026), ('before', 'I', '55', 1, 9, 2026),
            ('after', 'I', '55', 1, 13, 2026), ('other year', 'I', '55', 1, 11, 2025), ('range of no year', 'I', '55', 3, 1, 2025)
        ) as documents (name, issuer, model, series, number, year)
        inner join (values ('I', '55', 1, 10, 12, 2026), ('I', '55', 3, 1, 1, null))
            as voided (issuer_id, model, series, first_number, last_number, year)
            on {{ in_voided_range('issuer', 'documents.model', 'documents.series', 'number', 'documents.year') }}
        """,
        target=target,
    )
    assert sorted(name for (name,) in found) == ["inside", "no year", "range of no year"]


def test_shared_branch_follows_the_dictionary(target: Path) -> None:
    """Levels that SX2 shares are blank in xFilial; without lengths the branch is one level."""
    found = rows_of(
        """
        select {{ protheus_shared_branch('branch', 'given') }}
        from (
            values
            ('010203', 'EEE', 2, 2, 2), ('010203', 'EEC', 2, 2, 2), ('010203', 'ECC', 2, 2, 2), ('010203', 'CCC', 2, 2, 2),
            ('01', 'EEC', 0, 0, 0), ('01', 'EEE', 0, 0, 0)
        ) as given (branch, sharing_mode, company_length, unit_length, branch_length)
        """,
        target=target,
    )
    assert [branch for (branch,) in found] == ["010203", "0102", "01", "", "", "01"]


def test_instants_of_erps_are_local(target: Path) -> None:
    found = rows_of(
        """
        select
            {{ local_midnight('day', "'America/Manaus'") }}::varchar,
            {{ local_instant('day', 'hour', "'America/Sao_Paulo'") }}::varchar
        from (values (date '2026-03-01', '10:30'), (date '2026-03-01', '10:30:15'), (date '2026-03-01', '     '))
            as given (day, hour)
        """,
        target=target,
    )
    assert found == [
        ("2026-03-01 04:00:00+00", "2026-03-01 13:30:00+00"),
        ("2026-03-01 04:00:00+00", "2026-03-01 13:30:15+00"),
        ("2026-03-01 04:00:00+00", "2026-03-01 03:00:00+00"),
    ]
