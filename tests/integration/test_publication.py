"""The publication: whole or not at all, whoever reads it meanwhile and wherever it is cut off."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project import publication
from dagster_project.publication import QUALITY_TABLES, PublicationError, TableName, publish

THINGS = TableName("marts", "things")
KINDS = TableName("reference", "kinds")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse" / "confere.duckdb"
    path.parent.mkdir()
    with duckdb.connect(str(path)) as connection:
        for schema in ("marts", "reference", "quality", "staging", "raw_toy"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table raw_toy.t as select 1 as secret")
        connection.execute("create view staging.v as from raw_toy.t")
        connection.execute(
            "create table marts.things as select i as id, i::decimal(18, 2) as amount from range(1000) r(i)"
        )
        connection.execute("create table marts.retired as select 1 as id")
        connection.execute("comment on table marts.things is 'One row per thing; it''s odd.'")
        connection.execute("comment on column marts.things.amount is 'In reais.'")
        connection.execute("create table reference.kinds as select 'a' as kind")
        for table in QUALITY_TABLES:
            connection.execute(f"create table quality.{table} as select 'r1' as run_id")
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "published" / "marts.duckdb"


def add_things(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into marts.things select i, i from range(1000, 1500) r(i)")


def rows(path: Path) -> int:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as published (read_only)")
        return int(connection.execute("select count(*) from published.marts.things").fetchall()[0][0])


def test_it_holds_the_tables_that_readers_may_see(warehouse: Path, target: Path) -> None:
    published = publish(warehouse, target=target, models=[THINGS, KINDS])

    with duckdb.connect() as connection:
        connection.execute(f"attach '{target}' as published (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
        ).fetchall()
        views = connection.execute(
            "select count(*) from duckdb_views() where database_name = 'published' and not internal"
        ).fetchall()
        comments = connection.execute(
            "select comment from duckdb_tables() where table_name = 'things'"
            " union all select comment from duckdb_columns()"
            " where table_name = 'things' and comment is not null"
        ).fetchall()
    assert {TableName(*table) for table in tables} == {
        THINGS,
        KINDS,
        *(TableName("quality", table) for table in QUALITY_TABLES),
    }
    assert views == [(0,)]
    assert comments == [("One row per thing; it's odd.",), ("In reais.",)]
    assert published.rows[THINGS] == 1000
    assert published.size == target.stat().st_size
    assert [path.name for path in target.parent.iterdir()] == ["marts.duckdb"]


def test_an_old_client_opens_it(warehouse: Path, target: Path) -> None:
    publish(warehouse, target=target, models=[THINGS, KINDS])
    with duckdb.connect(str(target), read_only=True) as connection:
        tags = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'marts'"
        ).fetchall()
    assert tags[0][0].startswith("v1.2")


def test_a_reader_keeps_what_it_opened(warehouse: Path, target: Path) -> None:
    publish(warehouse, target=target, models=[THINGS, KINDS])
    with duckdb.connect() as reader:
        reader.execute(f"attach '{target}' as published (read_only)")
        add_things(warehouse)
        publish(warehouse, target=target, models=[THINGS, KINDS])
        # also pages that it had not read before
        assert (
            reader.execute("select count(*), sum(amount) from published.marts.things").fetchall()[0][0]
            == 1000
        )
    assert rows(target) == 1500


def test_what_is_required_has_to_be_there(warehouse: Path, target: Path) -> None:
    publish(warehouse, target=target, models=[THINGS, KINDS])
    add_things(warehouse)
    with pytest.raises(PublicationError, match=r"marts\.missing is missing"):
        publish(warehouse, target=target, models=[THINGS, KINDS, TableName("marts", "missing")])
    assert rows(target) == 1000

    publish(warehouse, target=target, models=[THINGS, TableName("marts", "missing")], required=[THINGS])
    assert rows(target) == 1500


STEPS: dict[str, tuple[Any, str]] = {
    "before anything is written": (publication, "_write"),
    "before the check": (publication, "_check"),
    "while comments are copied": (publication, "_copy_comments"),
    "before it is on the disk": (publication, "_sync"),
    "when it is put in place": (Path, "replace"),
}


@pytest.mark.parametrize("step", STEPS)
def test_cut_off_at_any_step_the_old_one_stands(
    warehouse: Path, target: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(warehouse, target=target, models=[THINGS, KINDS])
    before = target.read_bytes()
    add_things(warehouse)

    def cut_off(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(*STEPS[step], cut_off)
        with pytest.raises(KeyboardInterrupt):
            publish(warehouse, target=target, models=[THINGS, KINDS])
    assert target.read_bytes() == before

    publish(warehouse, target=target, models=[THINGS, KINDS])
    assert rows(target) == 1500


def test_rows_lost_on_the_way_are_noticed(
    warehouse: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(warehouse, target=target, models=[THINGS, KINDS])
    write: Callable[..., dict[TableName, int]] = publication._write

    def lose_a_row(*args: Any, **options: Any) -> dict[TableName, int]:
        counted = write(*args, **options)
        return counted | {THINGS: counted[THINGS] + 1}

    monkeypatch.setattr(publication, "_write", lose_a_row)
    with pytest.raises(PublicationError, match=r"marts\.things holds 1000 rows instead of 1001"):
        publish(warehouse, target=target, models=[THINGS, KINDS])
    assert rows(target) == 1000


def test_leftovers_of_a_killed_run_are_cleared(warehouse: Path, target: Path) -> None:
    leftover = target.parent / ".next" / "marts.duckdb.wal"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half a file")
    publish(warehouse, target=target, models=[THINGS, KINDS])
    assert rows(target) == 1000
    assert not leftover.parent.exists()


def test_without_a_warehouse_nothing_happens(target: Path, tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error):
        publish(tmp_path / "nowhere.duckdb", target=target, models=[THINGS])
    assert not target.exists()
    shutil.rmtree(target.parent)
