"""Large tables of a real database, read in chunks: what a break costs, and what is true afterwards."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.connectors import drivers, sql_database
from ingestion.contracts import Contracts
from tests.integration.postgres import STAMPED, Server, odbc_address, secret, titles
from tests.unit.ingestion.world import FISCAL_YML, SOURCES_YML, World, assert_ties, write_contracts

CHUNK = 1_000
STAMP = "2026-11-01 10:00:00"


@pytest.fixture(scope="session")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    return write_contracts(tmp_path_factory.mktemp("models"), protheus=SOURCES_YML, fiscal_xml=FISCAL_YML)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that batches were asked for, in their order."""
    queries: list[str] = []
    for driver in (drivers.PostgresScanner, drivers.OdbcDriver):
        real = driver.batches

        def batches(self: object, query: str, real=real) -> object:  # type: ignore[no-untyped-def]
            queries.append(query)
            return real(self, query)

        monkeypatch.setattr(driver, "batches", batches)
    return queries


@pytest.fixture(params=["scanner", "odbc"])
def world(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    contracts: Contracts,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """A database of 3,500 titles, each table of which counts as large."""
    server.execute(
        "drop schema public cascade",
        "create schema public",
        f"create table se1010 ({STAMPED})",
        titles(range(1, 3501), stamp=STAMP),
    )
    monkeypatch.setattr(sql_database, "SPOOLED_FROM", 1)
    monkeypatch.setattr(sql_database, "CHUNK_ROWS", CHUNK)
    world = World(tmp_path, contracts, now=datetime(2027, 1, 1, tzinfo=UTC))
    url = server.url
    if request.param == "odbc":
        url = odbc_address(server)
    world.source = replace(world.source, folder=None, url=secret(url))
    return world


def spool(world: World) -> Path:
    return world.root / "spool" / "erp" / "se1"


def breaks_from(server: Server, number: int) -> None:
    """From here on a read of this title ends its own connection, as often as it is read."""
    server.execute(
        # called stable, so that only who reads the amount calls it
        "create or replace function ends(number bigint) returns boolean stable language plpgsql as"
        " 'begin return pg_terminate_backend(pg_backend_pid()); end'",
        "alter table se1010 rename to se1data",
        "create view se1010 as select e1_filial, e1_num, e1_emis1,"
        f" case when r_e_c_n_o_ < {number} or ends(r_e_c_n_o_) then e1_valor end as e1_valor,"
        " e1_xnome, d_e_l_e_t_, r_e_c_n_o_, s_t_a_m_p_ from se1data",
    )


def holds_again(server: Server) -> None:
    server.execute("drop view se1010", "alter table se1data rename to se1010")


def test_a_large_table_is_read_in_chunks(world: World, asked: list[str]) -> None:
    result = world.load("SE1")
    assert (result.status, result.mode, result.rows_new) == ("ok", "full", 3500)
    assert len([query for query in asked if "order by" in query]) == 4
    assert 'r_e_c_n_o_" > 2997' in asked[-1]
    assert world.live("se1", 'count(*), sum("E1_VALOR")::varchar') == [(3500, "6739425.00")]
    assert not spool(world).exists()
    assert world.query(
        "select amount_total::varchar, row_count from quality.completeness where stage = 'store'"
    ) == [("6739425.00", 3500)]


def test_a_break_is_tried_again_in_the_same_run(
    world: World, server: Server, asked: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    breaks_from(server, 2500)

    def pause(seconds: float) -> None:
        world.pauses.append(seconds)
        holds_again(server)

    result = world.load("SE1", pause=pause)
    assert (result.status, result.rows_new) == ("ok", 3500)
    assert world.pauses == [1.0]
    assert "trying again" in caplog.text
    assert positions(asked) == [0, 999, 1998, 1998, 2997]


def positions(asked: list[str]) -> list[int]:
    """Behind which record number each chunk was asked for."""
    found = (re.search(r'r_e_c_n_o_" > (\d+)', query) for query in asked if "order by" in query)
    return [int(match[1]) if match else 0 for match in found]


def test_a_break_that_lasts_costs_the_next_run_the_missing_chunks_only(
    world: World, server: Server, asked: list[str]
) -> None:
    breaks_from(server, 2500)
    result = world.load("SE1")
    assert result.status == "error"
    assert len(world.pauses) == 3
    assert world.query("from raw_protheus.se1") == []
    # what a killed process leaves half written does not count
    (spool(world) / "000004.parquet.part").write_bytes(b"half")
    (spool(world) / "000004.parquet").write_bytes(b"written, but not in the manifest")
    holds_again(server)
    asked.clear()
    result = world.load("SE1")
    assert (result.status, result.rows_new) == ("ok", 3500)
    assert positions(asked) == [1998, 2997]
    assert not spool(world).exists()


def test_what_changed_between_the_chunks_is_read_by_the_next_increment(world: World, server: Server) -> None:
    began = world.now = datetime(2026, 11, 10, 12, tzinfo=UTC)
    breaks_from(server, 2500)
    assert world.load("SE1").status == "error"
    holds_again(server)
    # behind the position, then at the end a later stamp: the newest stamp alone would hide the former
    server.execute(
        "update se1010 set e1_valor = 7, s_t_a_m_p_ = '2026-11-10 12:30' where r_e_c_n_o_ = 5",
        "update se1010 set e1_valor = 8, s_t_a_m_p_ = '2026-11-10 13:30' where r_e_c_n_o_ = 3400",
    )
    world.now = began + timedelta(hours=2)
    assert world.load("SE1").rows_new == 3500
    result = world.load("SE1", sweep=False)
    assert (result.mode, result.rows_changed) == ("incremental", 1)
    assert world.live(
        "se1", "count(*) filter (where \"E1_VALOR\" in (7, 8) and \"E1_NUM\" in ('N5', 'N3400'))"
    ) == [(2,)]


@pytest.mark.parametrize("why", ["old", "contract", "manifest", "chunk"])
def test_chunks_that_are_not_of_the_same_are_read_anew(
    world: World, server: Server, asked: list[str], why: str, tmp_path: Path
) -> None:
    breaks_from(server, 2500)
    world.load("SE1")
    holds_again(server)
    asked.clear()
    if why == "old":
        world.now += timedelta(days=1)
    elif why == "contract":
        column = "- {name: E1_NUM, data_type: text}"
        wider = SOURCES_YML.replace(column, f"{column}\n          - {{name: E1_XNOME, data_type: text}}")
        world.contracts = write_contracts(tmp_path / "m", protheus=wider, fiscal_xml=FISCAL_YML)
    elif why == "manifest":
        (spool(world) / "manifest.json").write_text('{"format": 1, "chunks": [')
    else:
        (spool(world) / "000002.parquet").unlink()
    assert world.load("SE1").rows_new == 3500
    assert positions(asked) == [0, 999, 1998, 2997]


def test_an_increment_takes_away_chunks_that_nobody_waits_for(world: World, server: Server) -> None:
    world.load("SE1")
    spool(world).mkdir(parents=True)
    (spool(world) / "000001.parquet").write_bytes(b"left behind")
    assert world.load("SE1", sweep=False).mode == "incremental"
    assert not spool(world).exists()


def test_without_a_row_id_the_key_puts_rows_in_order(
    world: World, server: Server, asked: list[str], tmp_path: Path
) -> None:
    server.execute(
        # a key of two columns, one of them with nulls; the same key twice where a chunk ends
        "create table titles (branch varchar(4), number varchar(9), amount numeric(16,2))",
        "insert into titles select '0' || i % 3, case when i % 100 > 0 then lpad(i::text, 9, '0') end, i"
        " from generate_series(1, 3500) i",
        "insert into titles select branch, number, amount + 1 from titles where amount between 900 and 1100",
    )
    world.contracts = write_contracts(
        tmp_path / "m",
        protheus="""
            version: 2
            sources:
              - name: raw_protheus
                config: {meta: {system: protheus}}
                tables:
                  - name: titles
                    config: {meta: {native: TITLES, key: [BRANCH, NUMBER], amount: AMOUNT}}
                    columns:
                      - {name: BRANCH, data_type: text}
                      - {name: NUMBER, data_type: text}
                      - {name: AMOUNT, data_type: "decimal(18,2)"}
            """,
        fiscal_xml=FISCAL_YML,
    )
    result = world.load("TITLES")
    assert (result.status, result.rows_read) == ("ok", 3701)
    assert len([query for query in asked if "order by" in query]) == 4
    # what repeats a key waits in quarantine, nothing is lost or read twice
    stages = world.stages("TITLES")
    assert stages["source"][:2] == (3701, Decimal(sum(range(1, 3501)) + sum(range(901, 1102))))
    assert (stages["store"][0], stages["quarantine"][0]) == (3468, 233)
    assert_ties(world, "TITLES")


def test_a_key_that_puts_nothing_in_order_is_read_in_one_go(
    world: World, server: Server, asked: list[str]
) -> None:
    server.execute("alter table se1010 drop constraint se1010_pkey", "update se1010 set r_e_c_n_o_ = 1")
    result = world.load("SE1")
    assert (result.status, result.rows_read) == ("ok", 3500)
    assert not spool(world).exists()


def test_how_far_a_large_table_is_is_told(world: World) -> None:
    told: list[tuple[int, int | None]] = []

    def progress(source: str, stream: str, *, done: int, total: int | None = None, **_: object) -> None:
        if stream == "SE1":
            told.append((done, total))

    world.run(progress=progress)
    assert (999, 3500) in told
    assert (2997, 3500) in told


def test_chunks_may_be_deleted_at_any_time(world: World, server: Server) -> None:
    breaks_from(server, 2500)
    world.load("SE1")
    shutil.rmtree(world.root / "spool")
    holds_again(server)
    assert world.load("SE1").rows_new == 3500
