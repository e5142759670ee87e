"""Rows of one key in one table: those that may be many, and those that must be one."""

import hashlib
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.context import LoadContext
from ingestion.contracts import Contracts
from ingestion.load_tables import replay_rows
from tests.unit.ingestion.database import ACME_YML
from tests.unit.ingestion.world import FISCAL_YML, SOURCES_YML, World, assert_ties, write_contracts

DUPLICATES = (
    "select place, reason, amount::varchar from quality.quarantine where resolved_at is null order by all"
)


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    return write_contracts(tmp_path_factory.mktemp("acme"), acme=ACME_YML, fiscal_xml=FISCAL_YML)


@pytest.fixture
def cash(tmp_path: Path, acme: Contracts) -> World:
    return World(tmp_path, acme, system="acme")


def movement(amount: str, text: str = "x", *, till: str = "1") -> dict[str, Any]:
    return {"cod-caixa": till, "dt-movto": "20261001", "valor": amount, "historico": text}


def title(number: str, amount: str, **rest: Any) -> dict[str, Any]:
    return {"E1_FILIAL": "01", "E1_NUM": number, "E1_VALOR": amount, **rest}


# rows that repeat ------------------------------------------------------------------------------------


def test_equal_rows_are_as_many_as_came_and_keep_their_identity(cash: World) -> None:
    rows = [movement("5.00"), movement("7.00"), movement("5.00"), movement("5.00")]
    cash.deliver("movto_caixa.csv", rows)
    assert cash.load("movto-caixa").rows_new == 4
    identities = cash.live("movto", '_key, _row_id, "valor"::varchar')
    five, seven = (next(i for _, i, v in identities if v == amount) for amount in ("5.00", "7.00"))
    assert {key for key, *_ in identities} == {"erp|movto-caixa|1"}
    assert sorted(i for _, i, _ in identities) == sorted([five, f"{five}~2", f"{five}~3", seven])
    assert five.startswith("erp|movto-caixa|1~")
    assert_ties(cash, "movto-caixa")
    cash.deliver("movto_caixa.csv", rows[::-1])
    assert not cash.load("movto-caixa").changed
    cash.deliver("movto_caixa.csv", rows[1:])
    assert cash.load("movto-caixa").rows_deleted == 1
    assert sorted(i for (i,) in cash.live("movto", "_row_id")) == sorted([five, f"{five}~2", seven])
    assert_ties(cash, "movto-caixa")


def test_the_digest_is_the_one_of_the_text_whatever_computes_it(cash: World) -> None:
    """The identity must not change with DuckDB's version, the order of columns, or the kind of file."""
    path = cash.deliver("movto-caixa.csv", [movement("5.00", "")])
    cash.run()
    identity = cash.live("movto", "_row_id")
    digest = hashlib.md5(b"dt-movto=2026-10-01\x1fvalor=5.00", usedforsecurity=False).hexdigest()
    assert identity == [(f"erp|movto-caixa|1~{digest}",)]
    path.unlink()
    table = pa.table({"historico": pa.array([None], pa.string()), "valor": [5.0], "cod-caixa": [1.0]})
    table = table.append_column("DT_MOVTO", pa.array(["2026-10-01"]))
    pq.write_table(table, cash.write("MOVTO_CAIXA.parquet", b""))
    cash.run()
    assert cash.live("movto", "_row_id") == identity


def test_a_row_that_changed_is_one_deleted_and_a_new_one(cash: World) -> None:
    cash.deliver("movto-caixa.csv", [movement("5.00"), movement("7.00")])
    cash.run()
    cash.deliver("movto-caixa.csv", [movement("5.00"), movement("8.00")])
    result = cash.load("movto-caixa")
    assert (result.rows_new, result.rows_changed, result.rows_deleted) == (1, 0, 1)
    assert_ties(cash, "movto-caixa")


def test_a_refused_row_may_have_been_any_of_its_key(cash: World) -> None:
    """Without this, one export with commas for points would delete the whole table."""
    cash.deliver("movto-caixa.csv", [movement("5.00"), movement("7.00"), movement("1.00", till="2")])
    cash.run()
    cash.deliver("movto-caixa.csv", [movement("5,00"), movement("5,00"), movement("7.00")])
    result = cash.load("movto-caixa")
    assert (result.rows_quarantined, result.rows_deleted) == (2, 1)
    assert sorted(cash.live("movto", '"valor"::varchar')) == [("5.00",), ("7.00",)]
    stages = cash.stages("movto-caixa")
    assert {stage: rows for stage, (rows, *_) in stages.items()} == {
        "source": 3, "store": 1, "quarantine": 2, "held": 1,
    }  # fmt: skip
    assert_ties(cash, "movto-caixa")
    cash.deliver("movto-caixa.csv", [movement("5.00"), movement("5.00"), movement("7.00")])
    assert cash.load("movto-caixa").rows_new == 1
    assert_ties(cash, "movto-caixa")


def test_a_row_taken_from_quarantine_joins_its_equals(cash: World, tmp_path: Path) -> None:
    """Alone it would pass for the equal row that stands already."""
    wide = ACME_YML.replace(
        '{name: valor, data_type: "decimal(18,2)"}', '{name: valor, data_type: "decimal(18,4)"}'
    )
    cash.deliver(
        "movto-caixa.csv", [movement("5.00"), movement("5.00"), movement("5.005"), movement("5.005")]
    )
    assert cash.load("movto-caixa").rows_quarantined == 2
    cash.contracts = write_contracts(tmp_path / "wide", acme=wide, fiscal_xml=FISCAL_YML)
    with cash.open() as store:
        context = LoadContext(store, cash.start(store), cash.clock)
        contract = cash.contracts.table("acme", "movto-caixa")
        assert replay_rows(store.open_quarantine(), contract, context=context).rows_new == 2
    assert [row for (row,) in cash.live("movto", '"valor"::varchar')] == ["5.0000"] * 2 + ["5.0050"] * 2
    assert not cash.load("movto-caixa").changed, "the next delivery finds the same rows"
    assert_ties(cash, "movto-caixa")


def test_a_column_that_becomes_declared_breaks_no_history(cash: World, tmp_path: Path) -> None:
    rows = [movement("5.00") | {"OPERADOR": "Ana"}, movement("5.00") | {"OPERADOR": "Bia"}]
    cash.deliver("movto-caixa.csv", rows)
    cash.run()
    column = "- {name: historico, data_type: text}"
    more = ACME_YML.replace(column, f"{column}\n          - {{name: operador, data_type: text}}")
    cash.contracts = write_contracts(tmp_path / "more", acme=more, fiscal_xml=FISCAL_YML)
    result = cash.load("movto-caixa", full=True)
    assert (result.status, result.changed) == ("ok", False)
    assert cash.live("movto", "operador") == [("Ana",), ("Bia",)]


movements = st.lists(
    st.tuples(st.sampled_from("12"), st.sampled_from(["1.00", "2.00", "x"]), st.sampled_from(["", "a"])),
    max_size=7,
)


@settings(max_examples=25, deadline=None)
@given(deliveries=st.lists(movements, min_size=1, max_size=4), seed=st.randoms())
def test_any_sequence_of_repeating_rows_is_followed_and_ties(
    acme: Contracts, deliveries: list[list[tuple[str, str, str]]], seed: random.Random
) -> None:
    with TemporaryDirectory() as directory:
        world = World(Path(directory), acme, system="acme")
        world.allow_empty("MOVTO_CAIXA")
        for delivery in deliveries:
            lines = [f"{till},{amount},{text}\n" for till, amount, text in delivery]
            world.write("movto-caixa.csv", "cod-caixa,valor,historico\n" + "".join(lines))
            assert world.load("movto-caixa", full=True).status == "ok"
            assert_ties(world, "movto-caixa")
            good = Counter(row for row in delivery if row[1] != "x")
            stored = Counter(world.live("movto", '"cod-caixa", "valor"::varchar, "historico"'))
            assert good <= stored
            spoilt = {till for till, amount, _ in delivery if amount == "x"}
            assert {till for till, *_ in (stored - good).elements()} <= spoilt
            seed.shuffle(lines)
            world.write("movto-caixa.csv", "cod-caixa,valor,historico\n" + "".join(lines))
            assert not world.load("movto-caixa", full=True).changed


# rows that must be one -------------------------------------------------------------------------------


@pytest.mark.parametrize("record", [{}, {"R_E_C_N_O_": 7}])
def test_of_two_rows_of_a_key_one_is_stored_and_the_other_told(world: World, record: dict[str, Any]) -> None:
    rows = [title("A", "3.00", **record), title("A", "1.00", **record), title("B", "9.00", **record)]
    world.deliver("SE1.csv", rows)
    result = world.load("SE1")
    assert (result.rows_read, result.rows_new, result.rows_quarantined) == (3, 2, 1)
    (_, stored), _ = world.live("se1", '"E1_NUM", "E1_VALOR"::varchar')
    ((place, reason, refused),) = world.query(DUPLICATES)
    identity = "erp|SE1|01|A#7" if record else "erp|SE1|01|A"
    assert (place, reason, {stored, refused}) == (f"SE1:{identity}#2", "duplicate_key", {"1.00", "3.00"})
    assert_ties(world, "SE1")
    world.deliver("SE1.csv", rows[::-1])
    assert not world.load("SE1").changed
    assert world.query(DUPLICATES) == [(place, reason, refused)]
    world.deliver("SE1.csv", [row for row in rows if row["E1_VALOR"] != stored])
    assert world.load("SE1").rows_changed == 1, "the one that is left is the row of the key"
    assert world.query(DUPLICATES) == []
    assert_ties(world, "SE1")


def test_a_row_taken_from_quarantine_does_not_decide_between_two(world: World, tmp_path: Path) -> None:
    """Of the key two rows stand against each other, and a third that was not even readable."""
    world.deliver("SE1.csv", [title("A", "3.00"), title("A", "1.00"), title("A", "1.005")])
    world.run()
    wide = SOURCES_YML.replace('E1_VALOR, data_type: "decimal(18,2)"', 'E1_VALOR, data_type: "decimal(18,4)"')
    world.contracts = write_contracts(tmp_path / "wide", protheus=wide, fiscal_xml=FISCAL_YML)
    stored = world.live("se1", '"E1_VALOR"')
    with world.open() as store:
        context = LoadContext(store, world.start(store), world.clock)
        refused = [entry for entry in store.open_quarantine() if entry.reason == "narrowing"]
        result = replay_rows(refused, world.contracts.table("protheus", "SE1"), context=context)
    assert (result.changed, result.rows_quarantined) == (False, 1)
    assert world.live("se1", '"E1_VALOR"') == stored
    world.run()
    assert_ties(world, "SE1")
    assert [reason for _, reason, _ in world.query(DUPLICATES)] == ["duplicate_key"] * 2


def test_the_stored_row_stays_when_a_second_one_comes(world: World) -> None:
    for amount in ("1.00", "2.00"):
        world.deliver("SE1.csv", [title("A", amount)])
        world.run()
        world.deliver("SE1.csv", [title("A", "1.00"), title("A", "2.00")])
        assert not world.load("SE1").changed
        assert world.live("se1", '"E1_VALOR"::varchar') == [(amount,)]


def test_a_row_that_came_twice_is_no_fault(world: World) -> None:
    world.deliver("SE1.csv", [title("A", "1.00")] * 3 + [title("B", "2.00")])
    result = world.load("SE1")
    assert (result.rows_read, result.rows_new, result.rows_quarantined) == (4, 2, 0)
    stages = {stage: (rows, str(amount)) for stage, (rows, amount, _) in world.stages("SE1").items()}
    assert stages["source"] == (4, "5.00")
    assert stages["duplicate"] == (2, "2.00")
    assert_ties(world, "SE1")
    assert not world.load("SE1", full=True).changed
    assert_ties(world, "SE1")


def test_a_bad_row_beside_a_good_one_of_its_key_is_one_more(world: World) -> None:
    world.deliver("SE1.csv", [title("A", "x"), title("A", "1.00"), title("B", "y"), title("B", "y")])
    assert world.load("SE1").rows_quarantined == 3
    assert {stage: rows for stage, (rows, *_) in world.stages("SE1").items()} == {
        "source": 4, "store": 1, "quarantine": 3,
    }  # fmt: skip
    assert_ties(world, "SE1")


def test_what_a_malformed_line_may_have_been_is_held(world: World) -> None:
    world.deliver("SE1.csv", [title("A", "1.00"), title("B", "2.00")])
    world.run()
    world.write("SE1.csv", "E1_FILIAL,E1_NUM,E1_VALOR\n01,C,3.00\n01,B\n")
    world.run()
    assert {stage: rows for stage, (rows, *_) in world.stages("SE1").items()} == {
        "source": 2, "store": 1, "quarantine": 1, "held": 2,
    }  # fmt: skip
    assert_ties(world, "SE1")


# several sources of one system -----------------------------------------------------------------------


def test_two_companies_of_one_system_do_not_meet(world: World, tmp_path: Path) -> None:
    """The same numbers and record numbers in both, one warehouse; what one loses the other keeps."""
    (tmp_path / "other").mkdir()
    first = world.source
    second = replace(first, name="erp02", company="02", folder=tmp_path / "other")
    rows = [title("A", "1.00", R_E_C_N_O_=1), title("B", "2.00", R_E_C_N_O_=2)]
    world.deliver("SE1010.csv", rows)
    world.run()
    world.source = second
    world.deliver("SE1010.csv", [title("C", "9.00", R_E_C_N_O_=3)])  # not of this company
    world.deliver("SE1020.csv", rows)
    assert world.load("SE1").rows_new == 2
    world.deliver("SE1020.csv", rows[1:])
    assert world.load("SE1").rows_deleted == 1
    assert_ties(world, "SE1", source="erp02")
    world.source = first
    world.deliver("SE1010.csv", [rows[0], title("B", "x", R_E_C_N_O_=2)])
    assert world.load("SE1").rows_quarantined == 1
    assert_ties(world, "SE1")
    assert world.live("se1", '_row_id, "E1_VALOR"::varchar') == [
        ("erp02|SE1|01|B#2", "2.00"),
        ("erp|SE1|01|A#1", "1.00"),
        ("erp|SE1|01|B#2", "2.00"),
    ]
