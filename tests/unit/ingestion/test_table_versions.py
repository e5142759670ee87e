"""Deliveries of a table and the versions they leave: new, changed, deleted, kept, or none."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts import Contracts
from tests.unit.ingestion.world import World, assert_ties


def title(
    number: str, amount: str = "10.00", *, recno: int | None = None, deleted: str = ""
) -> dict[str, Any]:
    row = {
        "E1_FILIAL": "01",
        "E1_NUM": number,
        "E1_EMIS1": "20261101",
        "E1_VALOR": amount,
        "D_E_L_E_T_": deleted,
    }
    return row if recno is None else {**row, "R_E_C_N_O_": recno}


def test_first_delivery_gives_every_row_a_version_in_the_order_of_its_record(world: World) -> None:
    world.deliver("SE1.csv", [title("B", recno=1), title("A", recno=2)])
    result = world.load("SE1")
    assert (result.status, result.mode, result.rows_read, result.rows_new) == ("ok", "full", 2, 2)
    assert world.versions("se1") == [("erp|SE1|01|B#1", 1, False), ("erp|SE1|01|A#2", 2, False)]
    assert world.versions("se1", "_source, _table, _key, _extraction_id") == [
        ("erp", "SE1", "erp|SE1|01|B", "run1:erp:SE1"),
        ("erp", "SE1", "erp|SE1|01|A", "run1:erp:SE1"),
    ]


def test_same_content_again_gives_no_version(world: World) -> None:
    path = world.deliver("SE1.csv", [title("A", recno=1), title("B", recno=2)])
    world.run()
    path.write_text(path.read_text().replace("10.00", "10.0"))
    result = world.load("SE1")
    assert (result.status, result.changed) == ("ok", False)
    assert world.load("SE1", full=True).mode == "full"
    assert len(world.versions("se1")) == 2


def test_an_untouched_file_is_not_read_again(world: World) -> None:
    path = world.deliver("SE1.csv", [title("A", recno=1)])
    world.run()
    path.touch()
    result = world.load("SE1")
    assert (result.status, result.mode, result.rows_read) == ("unchanged", "unchanged", 0)
    totals = (
        "select stage, row_count, key_hash from quality.completeness where stream = 'SE1' and run_id = '{}'"
    )
    assert sorted(world.query(totals.format("run2"))) == sorted(world.query(totals.format("run1")))


def test_a_changed_row_supersedes_its_former_version(world: World) -> None:
    world.deliver("SE1.csv", [title("A", "10.00", recno=1), title("B", recno=2)])
    world.run()
    world.deliver("SE1.csv", [title("A", "11.00", recno=1), title("B", recno=2)])
    result = world.load("SE1")
    assert (result.rows_new, result.rows_changed, result.rows_deleted) == (0, 1, 0)
    columns = '_version, "E1_VALOR"::varchar, _recorded_at::date::varchar, _superseded_at::date::varchar'
    assert world.versions("se1", columns) == [
        (1, "10.00", "2026-11-01", "2026-11-02"),
        (2, "10.00", "2026-11-01", None),
        (3, "11.00", "2026-11-02", None),
    ]


def test_a_vanished_row_gets_a_tombstone_and_may_come_back(world: World) -> None:
    world.deliver("SE1.csv", [title("A", recno=1), title("B", recno=2)])
    world.run()
    world.deliver("SE1.csv", [title("B", recno=2)])
    assert world.load("SE1").rows_deleted == 1
    world.deliver("SE1.csv", [title("A", recno=1), title("B", recno=2)])
    assert world.load("SE1").rows_changed == 1
    assert world.versions("se1", '_version, _is_deleted, "E1_NUM", _changed_at') == [
        (1, False, "A", None),
        (2, False, "B", None),
        (3, True, "A", None),
        (4, False, "A", None),
    ]


def test_a_flagged_row_is_deleted_and_its_purge_is_no_news(world: World) -> None:
    world.deliver("SE1.csv", [title("A", recno=1), title("B", recno=2)])
    world.run()
    world.deliver("SE1.csv", [title("A", recno=1, deleted="*"), title("B", recno=2)])
    result = world.load("SE1")
    assert (result.rows_changed, result.rows_deleted) == (0, 1)
    world.deliver("SE1.csv", [title("B", recno=2)])
    assert not world.load("SE1").changed


def test_without_row_ids_the_deleted_rows_of_a_key_are_numbered(world: World) -> None:
    """A key that was deleted and written again, and again, is no live row twice."""
    rows = [title("A", "3.00"), title("A", "2.00", deleted="*"), title("A", "1.00", deleted="*")]
    world.deliver("SE1.csv", rows)
    world.run()
    identities = [row_id for row_id, *_ in world.versions("se1")]
    assert identities == ["erp|SE1|01|A", "erp|SE1|01|A*", "erp|SE1|01|A*#2"]
    world.deliver("SE1.csv", rows[::-1])
    assert not world.load("SE1").changed


def test_a_row_under_another_key_replaces_what_it_was(world: World) -> None:
    world.deliver("SE1.csv", [title("A", recno=1)])
    world.run()
    world.deliver("SE1.csv", [title("B", recno=1)])
    result = world.load("SE1")
    assert (result.rows_new, result.rows_deleted) == (1, 1)
    assert world.live("se1", "_key") == [("erp|SE1|01|B",)]


def test_stamps_alone_make_no_version_and_are_utc(world: World) -> None:
    stamped = title("A", recno=1) | {
        "S_T_A_M_P_": "2026-11-01 10:00:00.123",
        "I_N_S_D_T_": "2026-11-01 09:00:00",
    }
    world.deliver("SE1.csv", [stamped])
    world.run()
    assert world.versions("se1", "_changed_at::varchar, _inserted_at::varchar") == [
        ("2026-11-01 10:00:00.123+00", "2026-11-01 09:00:00+00")
    ]
    world.deliver("SE1.csv", [stamped | {"S_T_A_M_P_": "2026-11-02 10:00:00"}])
    assert not world.load("SE1").changed


def test_an_empty_table_is_an_error_unless_it_may_be(world: World) -> None:
    path = world.deliver("SE1.csv", [title("A", recno=1)])
    world.run()
    header = path.read_text().splitlines()[0]
    world.write("SE1.csv", header + "\n")
    result = world.load("SE1")
    assert result.status == "error"
    assert "empty" in (result.message or "")
    assert len(world.live("se1", "_key")) == 1
    world.allow_empty("se1")
    assert world.load("SE1").rows_deleted == 1
    assert world.live("se1", "_key") == []


def test_an_absent_table_is_noted_once_if_new_and_an_error_if_known(world: World) -> None:
    assert world.load("SE1").status == "absent"
    assert world.load("SE1").status == "absent"
    assert world.query("select count(*) from quality.extractions where stream = 'SE1'") == [(1,)]
    path = world.deliver("SE1.csv", [title("A", recno=1)])
    world.run()
    path.unlink()
    result = world.load("SE1")
    assert (result.status, "absent" in (result.message or "")) == ("error", True)
    assert len(world.live("se1", "_key")) == 1
    world.allow_empty("SE1")
    assert world.load("SE1").rows_deleted == 1


def test_one_bad_table_hides_no_other(world: World) -> None:
    world.write("SE1.parquet", b"PAR1 this is none")
    world.deliver("SE5.csv", [{"R_E_C_N_O_": 7, "E5_VALOR": "1.00"}])
    result = world.run()
    assert {stream.stream: stream.status for stream in result.streams} == {"SE1": "error", "SE5": "ok"}
    assert [stream.stream for stream in result.errors] == ["SE1"]
    ((message,),) = world.query("select message from quality.extractions where stream = 'SE1'")
    assert "cannot be read" in message


def test_totals_of_source_store_and_quarantine_tie(world: World) -> None:
    world.deliver(
        "SE1.csv",
        [title("A", "1.10", recno=1), title("B", "2.20", recno=2, deleted="*"), title("C", "x", recno=3)],
    )
    world.run()
    rows = world.query(
        "select stage, row_count, amount_total::varchar, key_hash::hugeint from quality.completeness"
    )
    totals = {stage: rest for stage, *rest in rows}
    assert totals["source"] == [2, "1.10", totals["store"][2] + totals["quarantine"][2]]
    assert totals["store"][:2] == [1, "1.10"]
    assert totals["quarantine"][:2] == [1, None]
    assert world.query("select amount_total::varchar from quality.extractions where stream = 'SE1'") == [
        ("1.10",)
    ]


rows_of_a_table = st.dictionaries(
    st.integers(1, 6),
    st.tuples(st.sampled_from("ABC"), st.integers(0, 3), st.sampled_from(["", "", "*"])),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(
    deliveries=st.lists(rows_of_a_table, min_size=1, max_size=4), has_row_id=st.booleans(), seed=st.randoms()
)
def test_the_store_follows_any_sequence_of_deliveries(
    contracts: Contracts,
    deliveries: list[dict[int, tuple[str, int, str]]],
    has_row_id: bool,
    seed: random.Random,
) -> None:
    """The live rows are those of the last delivery; the same one again, shuffled, makes no version."""
    with TemporaryDirectory() as directory, TemporaryDirectory() as twin_directory:
        world, twin = World(Path(directory), contracts), World(Path(twin_directory), contracts)
        for one in (world, twin):
            one.allow_empty("SE1")
        for delivery in deliveries:
            rows = [
                title(number, f"{amount}.00", recno=recno if has_row_id else None, deleted=mark)
                for recno, (number, amount, mark) in delivery.items()
            ]
            text = (
                "E1_FILIAL,E1_NUM,E1_EMIS1,E1_VALOR,D_E_L_E_T_" + (",R_E_C_N_O_" if has_row_id else "") + "\n"
            )
            lines = [",".join(map(str, row.values())) + "\n" for row in rows]
            world.write("SE1.csv", text + "".join(lines))
            assert world.load("SE1", full=True).status == "ok"
            seed.shuffle(lines)
            twin.write("SE1.csv", text + "".join(lines))
            twin.run(full=True)
            live = sorted((row["E1_NUM"], row["E1_VALOR"]) for row in rows if not row["D_E_L_E_T_"])
            stored = world.live("se1", '"E1_NUM", "E1_VALOR"::varchar')
            assert world.stages("SE1")["source"][0] == len(live)
            assert_ties(world, "SE1")
            if has_row_id:
                assert stored == live
            else:  # of the live rows of a key one is stored, the others are counted elsewhere
                assert set(stored) <= set(live)
                assert [number for number, _ in stored] == sorted({number for number, _ in live})
            again = world.load("SE1", full=True)
            assert not again.changed
            twin.runs += 1
        everything = "* exclude (_extraction_id, _recorded_at, _superseded_at), _superseded_at is null"
        assert world.versions("se1", everything) == twin.versions("se1", everything)
        assert len(set(world.versions("se1", "_version"))) == len(world.versions("se1", "_version"))


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_comma_and_semicolon_are_told_from_the_header(world: World, delimiter: str) -> None:
    header = delimiter.join(["e1_filial", "E1_Num", "E1_VALOR"])
    world.write("se1010.CSV", f'{header}\n01{delimiter}"A{delimiter}B"{delimiter}1.5\n')
    assert world.load("SE1").rows_new == 1
    assert world.live("se1", '"E1_NUM", "E1_VALOR"::varchar') == [(f"A{delimiter}B", "1.50")]
