"""dbt in this process: what it says about each node, and that it leaves the warehouse closed."""

import os
from decimal import Decimal

import duckdb
import pytest

from dagster_project.dbt_build import DbtError, DbtPaths, DbtProject
from tests.unit.dagster_project.conftest import fill


def test_a_build_tells_every_node_and_its_rows(toy: DbtPaths) -> None:
    started: list[tuple[str, int, int]] = []
    project = DbtProject(toy)
    manifest = project.parse()

    outcome = project.build(on_node=lambda name, done, total: started.append((name, done, total)))

    assert "model.toy.things" in manifest["nodes"]
    assert {node.name: node.status for node in outcome.nodes} == {
        "kinds": "success",
        "stg_toy__things": "success",
        "things": "success",
        "unique_things_id": "pass",
        "not_null_things_id": "pass",
        "not_null_things_amount": "pass",
    }
    assert outcome.broken == ()
    assert outcome.row_counts == {"model.toy.things": 2, "seed.toy.kinds": 2}
    assert sorted(done for _, done, _ in started) == [1, 2, 3, 4, 5, 6]
    assert {total for _, _, total in started} == {6}


def test_failing_rows_come_back_and_only_errors_break(toy: DbtPaths) -> None:
    fill(toy.warehouse, ("a", Decimal("1.00")), ("a", None))
    outcome = DbtProject(toy).build()

    by_name = {node.name: node for node in outcome.nodes}
    assert by_name["unique_things_id"].status == "fail"
    assert by_name["unique_things_id"].subject == "things"
    assert by_name["not_null_things_amount"].status == "warn"
    assert by_name["not_null_things_amount"].severity == "warn"
    assert [node.name for node in outcome.broken] == ["unique_things_id"]
    (row,) = outcome.failing_rows[by_name["unique_things_id"].unique_id]
    assert (row.key, row.detail) == ("a", {"unique_field": "a", "n_records": 2})
    (row,) = outcome.failing_rows[by_name["not_null_things_amount"].unique_id]
    assert row.detail == {"id": "a", "amount": None}


def test_a_broken_model_skips_what_rests_on_it(toy: DbtPaths) -> None:
    (toy.project_dir / "models/staging/toy/stg_toy__things.sql").write_text(
        "select no_such_column from raw_toy.things"
    )
    outcome = DbtProject(toy).build()

    status = {node.name: node.status for node in outcome.nodes}
    assert status["stg_toy__things"] == "error"
    assert status["things"] == "skipped"
    assert [node.name for node in outcome.broken] == ["stg_toy__things"]


def test_a_selection_builds_a_part(toy: DbtPaths) -> None:
    project = DbtProject(toy)
    project.build()
    outcome = project.build(select=["things"])
    assert {node.name for node in outcome.nodes if not node.is_test} == {"things"}


@pytest.mark.parametrize("is_broken", [False, True])
def test_the_warehouse_is_closed_afterwards(toy: DbtPaths, is_broken: bool) -> None:
    if is_broken:
        fill(toy.warehouse, ("a", None), ("a", None))
    before = os.environ.get("CONFERE_WAREHOUSE")
    DbtProject(toy).build()
    # either fails while dbt-duckdb still holds its connection
    duckdb.connect(str(toy.warehouse), read_only=True).close()
    duckdb.connect(str(toy.warehouse)).close()
    assert os.environ.get("CONFERE_WAREHOUSE") == before


def test_a_project_that_cannot_be_read_is_an_error_of_its_own(toy: DbtPaths) -> None:
    (toy.project_dir / "models/marts/things.sql").write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(DbtError, match="nowhere"):
        DbtProject(toy).parse()
