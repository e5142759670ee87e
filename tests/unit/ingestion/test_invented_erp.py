"""A sixth ERP, of which no line of Python knows: physical deletes, local stamps, hyphens, no row id."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.ingestion.database import ACME_YML, Database
from tests.unit.ingestion.world import World, assert_ties, write_contracts

NOON = datetime.fromisoformat("2026-11-01 12:00")


def invoice(number: str, total: float = 10.0, *, at: datetime = NOON, **rest: Any) -> dict[str, Any]:
    return {
        "COD_ESTAB": "1",
        "nr_nota": number,
        "Dt-Lancto": date(2026, 10, 1),
        "vl-total": total,
        "cancelada": "no",
        "preco##1": "?",
        "alterado_em": at,
    } | rest


def adjustment(number: str, amount: float, *, day: date, at: datetime | None = NOON) -> dict[str, Any]:
    return {"nr-ajuste": number, "dt-lancto": day, "valor": amount, "alterado-em": at}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, write_contracts(tmp_path / "m", acme=ACME_YML), system="acme")


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database({"ENTRADAS": [invoice("1"), invoice("2"), invoice("3", 30.0)]})
    database.serve(monkeypatch)
    return database


def live(world: World) -> list[tuple[str, str]]:
    return world.live("nota", '"nr-nota", "vl-total"::varchar')


def test_names_nulls_booleans_and_local_stamps_are_understood(world: World, database: Database) -> None:
    database.tables["ENTRADAS"][2]["cancelada"] = " SIM "
    result = world.load("nota-entrada")
    assert (result.status, result.missing_columns, result.extra_columns) == ("ok", (), ())
    assert world.live("nota", '_row_id, cancelada, "preco[1]", _changed_at::varchar') == [
        ("erp|nota-entrada|1|1", False, None, "2026-11-01 16:00:00+00"),
        ("erp|nota-entrada|1|2", False, None, "2026-11-01 16:00:00+00"),
        ("erp|nota-entrada|1|3", True, None, "2026-11-01 16:00:00+00"),
    ]


def test_without_a_row_id_a_unique_key_tells_what_changed_and_what_is_gone(
    world: World, database: Database
) -> None:
    world.run()
    rows = database.tables["ENTRADAS"]
    # a minute later by the wall of Manaus, four hours before that by the one of UTC
    rows[0] |= {"vl-total": 11.0, "alterado_em": NOON + timedelta(minutes=1)}
    rows.append(invoice("4", at=NOON + timedelta(minutes=2)))
    rows[1] |= {"alterado_em": NOON - timedelta(hours=3)}
    result = world.load("nota-entrada", sweep=False)
    assert (result.mode, result.rows_read, result.rows_new, result.rows_changed) == ("incremental", 3, 1, 1)
    assert "source" not in world.stages("nota-entrada"), "what the source holds is not known now"
    del rows[1]
    result = world.load("nota-entrada")
    assert (result.mode, result.rows_deleted) == ("sweep", 1)
    assert live(world) == [("1", "11.00"), ("3", "30.00"), ("4", "10.00")]
    assert world.stages("nota-entrada")["source"][:2] == (3, Decimal("51.00"))
    assert_ties(world, "nota-entrada")
    assert world.query(
        "select row_total, amount_total from quality.extractions"
        " where stream = 'nota-entrada' order by extraction_id"
    ) == [(3, Decimal("50.00")), (None, None), (3, Decimal("51.00"))]


def test_a_sweep_sees_an_amount_that_changed_without_its_stamp(world: World, database: Database) -> None:
    database.tables["ENTRADAS"][0]["alterado_em"] = NOON - timedelta(days=1)
    world.run()
    database.tables["ENTRADAS"][0]["vl-total"] = 99.0
    assert not world.load("nota-entrada", sweep=False).changed
    result = world.load("nota-entrada")
    assert (result.mode, result.rows_changed) == ("full", 1)


def test_a_stamp_that_not_every_change_moves_is_joined_by_the_posting_date(
    world: World, database: Database
) -> None:
    old, recent = date(2026, 1, 5), date(2026, 10, 20)
    yesterday = NOON - timedelta(days=1)
    rows = [
        adjustment("1", 1, day=old, at=yesterday),
        adjustment("2", 2, day=recent),
        adjustment("3", 3, day=old),
    ]
    database.tables["ajuste"] = rows
    world.run()
    rows[0]["valor"] = 10.0  # nothing tells: only a reading of the whole finds it
    rows[1]["valor"] = 20.0  # posted lately
    rows[2] |= {"valor": 30.0, "alterado-em": NOON + timedelta(days=1)}
    rows.append(adjustment("4", 4, day=recent, at=None))
    result = world.load("ajuste", sweep=False)
    assert (result.mode, result.rows_read, result.rows_new, result.rows_changed) == ("incremental", 3, 1, 2)
    result = world.load("ajuste")
    assert (result.mode, result.rows_changed) == ("full", 1)
    assert_ties(world, "ajuste")


def test_rows_that_repeat_are_always_read_whole(world: World, database: Database) -> None:
    movement = {"cod-caixa": "1", "dt-movto": date(2026, 10, 1), "valor": 5.0, "historico": "?"}
    database.tables["movto-caixa"] = [movement, dict(movement)]
    world.run()
    database.tables["movto-caixa"].append(dict(movement))
    result = world.load("movto-caixa", sweep=False)
    assert (result.mode, result.rows_new) == ("full", 1)
    assert [row for row in database.asked if row[0] == "movto-caixa" and not row[1].is_whole] == []
    assert_ties(world, "movto-caixa")


def test_a_deletion_mark_without_a_row_id_needs_the_whole_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deleted row and the one written after it have one key: alone, neither can be told."""
    flag = '            deleted_flag: fim\n            deleted_value: "1"\n'
    marked = ACME_YML.replace("native: nota-entrada\n", f"native: nota-entrada\n{flag}")
    world = World(tmp_path, write_contracts(tmp_path / "m", acme=marked), system="acme")
    database = Database({"nota-entrada": [invoice("1", fim=0.0), invoice("1", 9.0, fim=1.0)]})
    database.serve(monkeypatch)
    world.run()
    assert live(world) == [("1", "10.00")]
    assert world.load("nota-entrada", sweep=False).mode == "full"


def test_two_columns_of_one_name_are_an_error_of_that_table(world: World, database: Database) -> None:
    world.run()
    database.tables["ENTRADAS"] = [invoice("1") | {"preco[1]": 1.0}]
    result = world.load("nota-entrada")
    assert result.status == "error"
    assert "preco[1] and preco##1 are both preco[1]" in (result.message or "")
    database.tables["ENTRADAS"] = [invoice("1") | {"nr-nota": "1"}]
    result = world.load("nota-entrada")
    assert "nr_nota and nr-nota are both nr-nota" in (result.message or "")
    assert len(live(world)) == 3


# quarantine and the equation -------------------------------------------------------------------------


def test_a_row_refused_in_an_earlier_run_still_counts_after_a_sweep(world: World, database: Database) -> None:
    rows = database.tables["ENTRADAS"]
    rows[0]["cancelada"] = "maybe"
    world.run()
    assert world.query("select reason, entity_key, amount, is_deleted from quality.quarantine") == [
        ("not_a_boolean", "erp|nota-entrada|1|1", Decimal("10.00"), False)
    ]
    rows.append(invoice("4", at=NOON + timedelta(minutes=6)))
    result = world.load("nota-entrada")
    assert (result.mode, result.rows_quarantined) == ("sweep", 1)  # 1 was read again: within the overlap
    rows.append(invoice("5", at=NOON + timedelta(minutes=12)))
    result = world.load("nota-entrada")
    assert (result.mode, result.rows_quarantined, result.rows_new) == ("sweep", 0, 1)
    assert {stage: rows for stage, (rows, *_) in world.stages("nota-entrada").items()} == {
        "source": 5,
        "store": 4,
        "quarantine": 1,
    }
    assert_ties(world, "nota-entrada")


def test_a_row_refused_over_a_stored_one_counts_once_where_it_lies_last(
    world: World, database: Database
) -> None:
    world.run()
    rows = database.tables["ENTRADAS"]
    rows[0] |= {"cancelada": "maybe", "vl-total": 99.0, "alterado_em": NOON + timedelta(hours=1)}
    for _ in range(2):  # the run that refuses it, and the next
        assert world.load("nota-entrada").mode == "sweep"
        stages = {
            stage: (rows, str(amount)) for stage, (rows, amount, _) in world.stages("nota-entrada").items()
        }
        assert stages == {
            "source": (3, "139.00"),
            "store": (2, "40.00"),
            "quarantine": (1, "99.00"),
            "held": (1, "10.00"),
        }
        assert_ties(world, "nota-entrada")
    assert live(world)[0] == ("1", "10.00"), "the former version holds until the row is good"


def test_a_refused_row_that_is_gone_leaves_quarantine_with_a_sweep(world: World, database: Database) -> None:
    rows = database.tables["ENTRADAS"]
    rows[0]["cancelada"] = "maybe"
    world.run()
    del rows[0]
    rows.append(invoice("9", at=NOON + timedelta(hours=1)))
    assert world.load("nota-entrada").mode == "sweep"
    assert world.query("select count(*) from quality.quarantine where resolved_at is null") == [(0,)]
    assert_ties(world, "nota-entrada")


def test_a_row_refused_again_with_other_content_is_one_row(world: World, database: Database) -> None:
    rows = database.tables["ENTRADAS"]
    rows[0]["cancelada"] = "maybe"
    world.run()
    rows[0] |= {"cancelada": "perhaps", "alterado_em": NOON + timedelta(hours=1)}
    world.run(sweep=False)
    assert world.stages("nota-entrada")["quarantine"][:2] == (1, Decimal("10.00"))
    world.run()
    assert_ties(world, "nota-entrada")


def test_a_key_that_stands_for_two_rows_is_told_by_the_whole_table_only(
    world: World, database: Database
) -> None:
    rows = database.tables["ENTRADAS"]
    rows.append(invoice("1", 77.0))
    world.run()
    stored = dict(live(world))["1"]
    assert world.query("select reason, detail from quality.quarantine") == [
        ("duplicate_key", "another row that came with it has its key")
    ]
    assert_ties(world, "nota-entrada")
    other = next(row for row in rows if row["nr_nota"] == "1" and f"{row['vl-total']:.2f}" != stored)
    other["alterado_em"] = NOON + timedelta(hours=1)
    # alone it would look like the new version of the stored one
    assert world.load("nota-entrada", sweep=False).mode == "full"
    assert dict(live(world))["1"] == stored
    rows.append(invoice("5", at=NOON + timedelta(hours=2)))
    assert world.load("nota-entrada").mode == "full"  # the other came again: within the overlap
    rows.append(invoice("6", at=NOON + timedelta(hours=3)))
    assert world.load("nota-entrada").mode == "sweep"
    assert_ties(world, "nota-entrada")


def test_a_second_row_of_a_key_that_came_alone_is_seen_by_the_sweep(world: World, database: Database) -> None:
    world.run()
    database.tables["ENTRADAS"].append(invoice("1", 10.0, at=NOON + timedelta(hours=1)))
    assert not world.load("nota-entrada", sweep=False).changed
    assert world.load("nota-entrada").mode == "full"
    assert world.stages("nota-entrada")["duplicate"][:2] == (1, Decimal("10.00")), "equal but for its stamp"
    assert_ties(world, "nota-entrada")
    assert world.load("nota-entrada").mode == "sweep", "what is known to repeat is no surprise"
    assert_ties(world, "nota-entrada")
