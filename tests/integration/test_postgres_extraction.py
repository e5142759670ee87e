"""Extraction from a real PostgreSQL: what is found, what is read when, and what a failure leaves alone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.contracts import Contracts
from ingestion.duckdb_extensions import load_extension
from ingestion.errors import ConfigurationError
from tests.integration.postgres import COLUMNS, STAMPED, Server, secret, titles
from tests.unit.ingestion.world import FISCAL_YML, NOW, SOURCES_YML, World, write_contracts


@pytest.fixture
def world(tmp_path: Path, contracts: Contracts, server: Server) -> World:
    """A world whose source is the database, empty but for its schema; the clock stands after every stamp."""
    server.execute("drop schema public cascade", "create schema public")
    world = World(tmp_path, contracts, now=datetime(2027, 1, 1, tzinfo=UTC))
    world.source = replace(world.source, folder=None, url=secret(server.url))
    return world


@pytest.fixture(scope="session")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    names = "file_names: {native: SX2, alias: X2_CHAVE, file: X2_ARQUIVO}"
    yml = SOURCES_YML.replace("inserted_at: I_N_S_D_T_", f"inserted_at: I_N_S_D_T_\n        {names}")
    return write_contracts(tmp_path_factory.mktemp("models"), protheus=yml, fiscal_xml=FISCAL_YML)


def live(world: World) -> list[str]:
    return [number for (number,) in world.live("se1", '"E1_NUM"')]


def test_a_table_is_read_whole_typed_and_trimmed(world: World, server: Server) -> None:
    server.execute(f"create table se1010 ({COLUMNS})", titles(range(1, 4)))
    result = world.load("SE1")
    assert (result.status, result.mode, result.rows_new) == ("ok", "full", 3)
    assert (result.missing_columns, result.extra_columns) == ((), ("e1_xnome",))
    assert world.live("se1", '_row_id, "E1_EMIS1"::varchar, "E1_VALOR"::varchar, _extra') == [
        ("erp|SE1|01|N1#1", "2026-10-01", "1.10", None),
        ("erp|SE1|01|N2#2", "2026-10-01", "2.20", None),
        ("erp|SE1|01|N3#3", "2026-10-01", "3.30", None),
    ]
    assert world.query(
        "select count(*) from quality.extractions where stream = 'SE5' and status = 'absent'"
    ) == [(1,)]


@pytest.mark.parametrize("table", ["se1010", '"SE1010"', '"SE1"'])
def test_tables_are_found_in_any_case(world: World, server: Server, table: str) -> None:
    server.execute(
        f"create table {table} ({COLUMNS})", f"insert into {table} values ('01', 'A', '', 1, '', ' ', 1)"
    )
    assert world.load("SE1").rows_new == 1


def test_the_dictionary_names_the_physical_table(world: World, server: Server) -> None:
    server.execute(
        f"create table se1010 ({COLUMNS})",
        f"create table se1990 ({COLUMNS})",
        "insert into se1990 values ('01', 'A', '', 1, '', ' ', 1)",
        "create table sx2010 (x2_chave char(3), x2_arquivo char(8), d_e_l_e_t_ char(1))",
        "insert into sx2010 values ('SE1', 'SE1990', ' '), ('SE1', 'SE1880', '*'), ('SE5', '', ' ')",
    )
    assert world.load("SE1").rows_new == 1


def test_a_schema_may_be_named_in_the_address(world: World, server: Server) -> None:
    server.execute(
        "drop schema if exists erp cascade",
        "create schema erp",
        f"create table erp.se1010 ({COLUMNS})",
        "insert into erp.se1010 values ('01', 'A', '', 1, '', ' ', 1)",
    )
    assert world.load("SE1").status == "absent"
    joint = "&" if "?" in server.url else "?"
    world.source = replace(world.source, url=secret(f"{server.url}{joint}schema=erp"))
    assert world.load("SE1").rows_new == 1


# what is read when -----------------------------------------------------------------------------------


def test_by_stamp_only_what_changed_is_read(world: World, server: Server) -> None:
    server.execute(
        f"create table se1010 ({STAMPED})",
        titles(range(1, 101), stamp="2026-11-01 10:00:00"),
        titles(range(101, 103), stamp="2026-11-02 10:00:00"),
        "update se1010 set s_t_a_m_p_ = null where r_e_c_n_o_ = 1",
    )
    assert world.load("SE1").rows_new == 102
    server.execute(
        "update se1010 set e1_valor = 7, s_t_a_m_p_ = '2026-11-03 10:00' where r_e_c_n_o_ = 2",
        # committed late by a long transaction
        "update se1010 set e1_valor = 8, s_t_a_m_p_ = '2026-11-02 09:56' where r_e_c_n_o_ = 3",
        "update se1010 set d_e_l_e_t_ = '*', s_t_a_m_p_ = '2026-11-03 10:01' where r_e_c_n_o_ = 4",
    )
    result = world.load("SE1", sweep=False)
    assert (result.mode, result.rows_read) == ("incremental", 5)
    assert (result.rows_new, result.rows_changed, result.rows_deleted) == (0, 2, 1)
    assert world.query("select _changed_at::varchar from raw_protheus.se1 where _version = 104") == [
        ("2026-11-02 09:56:00+00",)
    ]


def test_a_sweep_sees_what_was_deleted_physically(world: World, server: Server) -> None:
    server.execute(f"create table se1010 ({STAMPED})", titles(range(1, 6), stamp="2026-11-01 10:00:00"))
    world.run()
    server.execute("delete from se1010 where r_e_c_n_o_ = 3")
    assert world.load("SE1", sweep=False).rows_deleted == 0
    result = world.load("SE1")
    assert (result.mode, result.rows_deleted) == ("sweep", 1)
    assert live(world) == ["N1", "N2", "N4", "N5"]
    assert not world.load("SE1").changed


def test_a_sweep_that_finds_what_stamps_missed_reads_all(world: World, server: Server) -> None:
    server.execute(f"create table se1010 ({STAMPED})", titles(range(1, 4), stamp="2026-11-01 10:00:00"))
    world.run()
    server.execute(titles(range(4, 5), stamp="2026-10-01 10:00:00"))
    assert world.load("SE1", sweep=False).rows_new == 0
    result = world.load("SE1")
    assert (result.mode, result.rows_new) == ("full", 1)


def test_a_refused_row_does_not_make_every_sweep_read_all(world: World, server: Server) -> None:
    server.execute(
        f"create table se1010 ({STAMPED})",
        titles(range(1, 4), stamp="2026-11-01 10:00:00"),
        titles(range(4, 5), stamp="2026-11-01 10:00:00", amount="'nan'"),
    )
    assert world.load("SE1").rows_quarantined == 1
    assert world.load("SE1").mode == "sweep"


def test_without_stamps_new_records_and_recent_postings_are_read_and_a_sweep_reads_all(
    world: World, server: Server
) -> None:
    server.execute(
        f"create table se1010 ({COLUMNS})",
        titles(range(1, 11), day="20260105"),
        titles(range(11, 13), day="20261020"),
    )
    world.run()
    server.execute(
        titles(range(13, 15), day="20260105"),
        "update se1010 set e1_valor = 7 where r_e_c_n_o_ in (1, 11)",
    )
    result = world.load("SE1", sweep=False)
    assert (result.mode, result.rows_read, result.rows_new, result.rows_changed) == ("incremental", 4, 2, 1)
    result = world.load("SE1")
    assert (result.mode, result.rows_read, result.rows_changed) == ("full", 14, 1)


def test_a_row_under_another_key_replaces_what_it_was(world: World, server: Server) -> None:
    server.execute(f"create table se1010 ({STAMPED})", titles(range(1, 3), stamp="2026-11-01 10:00:00"))
    world.run()
    server.execute("update se1010 set e1_num = 'X', s_t_a_m_p_ = '2026-11-02' where r_e_c_n_o_ = 1")
    result = world.load("SE1", sweep=False)
    assert (result.rows_new, result.rows_deleted) == (1, 1)
    assert live(world) == ["N2", "X"]


def test_a_stamp_in_the_future_hides_nothing(world: World, server: Server) -> None:
    world.now = NOW
    server.execute(f"create table se1010 ({STAMPED})", titles(range(1, 3), stamp="2099-01-01 00:00:00"))
    world.run()
    server.execute(titles(range(3, 4), stamp=f"{NOW:%Y-%m-%d %H:%M:%S}"))
    assert world.load("SE1", sweep=False).rows_new == 1


def test_a_changed_contract_is_read_anew(world: World, server: Server, tmp_path: Path) -> None:
    server.execute(f"create table se1010 ({STAMPED})", titles(range(1, 3), stamp="2026-11-01 10:00:00"))
    world.run()
    column = "- {name: E1_NUM, data_type: text}"
    wider = SOURCES_YML.replace(column, f"{column}\n          - {{name: E1_XNOME, data_type: text}}")
    world.contracts = write_contracts(tmp_path / "m", protheus=wider, fiscal_xml=FISCAL_YML)
    result = world.load("SE1", sweep=False)
    assert (result.mode, result.rows_changed) == ("full", 2)
    assert world.live("se1", '"E1_XNOME"') == [("Ana",), ("Ana",)]


# what goes wrong -------------------------------------------------------------------------------------


def test_a_dropped_table_and_an_emptied_one_keep_what_they_held(world: World, server: Server) -> None:
    server.execute(f"create table se1010 ({COLUMNS})", titles(range(1, 3)))
    world.run()
    server.execute("delete from se1010")
    assert world.load("SE1").status == "error"
    server.execute("drop table se1010")
    assert world.load("SE1").status == "error"
    assert live(world) == ["N1", "N2"]


def test_a_connection_that_breaks_is_an_error_of_that_table_only(world: World, server: Server) -> None:
    server.execute(
        f"create table se1010 ({STAMPED})",
        titles(range(1, 3), stamp="2026-11-01 10:00:00"),
        "create table se5010 (e5_valor double precision, r_e_c_n_o_ bigint)",
        "insert into se5010 values (1.5, 1)",
    )
    world.run()
    server.execute(
        # the query of the next extraction ends the connection that asks it
        "alter table se1010 rename to se1data",
        "create view se1010 as select d.*, pg_terminate_backend(pg_backend_pid()) as ended"
        " from (select e1_filial, e1_num, e1_emis1, e1_valor, e1_xnome, d_e_l_e_t_, r_e_c_n_o_, s_t_a_m_p_"
        " from se1data where pg_terminate_backend(pg_backend_pid())) d",
        "insert into se5010 values (2.5, 2)",
    )
    result = world.run()
    by_stream = {stream.stream: stream for stream in result.streams}
    assert by_stream["SE1"].status == "error"
    assert world.pauses == [1.0, 5.0, 20.0]
    assert live(world) == ["N1", "N2"]
    assert (by_stream["SE5"].status, by_stream["SE5"].rows_new) == ("ok", 1)


def test_a_connection_that_holds_the_next_time_costs_nothing(world: World, server: Server) -> None:
    server.execute(f"create table se1010 ({STAMPED})", titles(range(1, 3), stamp="2026-11-01 10:00:00"))
    server.execute(
        "alter table se1010 rename to se1data",
        "create view se1010 as select d.*, pg_terminate_backend(pg_backend_pid()) as ended from se1data d"
        " where pg_terminate_backend(pg_backend_pid())",
    )

    def pause(seconds: float) -> None:
        server.execute("drop view se1010", "alter table se1data rename to se1010")

    assert world.load("SE1", pause=pause).rows_new == 2


def test_numbers_without_a_scale_keep_their_digits(world: World, server: Server) -> None:
    server.execute(
        "create table se5010 (e5_valor numeric, r_e_c_n_o_ numeric)",
        "insert into se5010 values (12345678901234.56, 1), (1.005, 2)",
    )
    assert world.load("SE5").rows_quarantined == 1
    assert world.query('select "E5_VALOR"::varchar from raw_protheus.se5') == [("12345678901234.56",)]


def test_an_unreachable_server_is_told_of_every_table_without_its_secret(
    world: World, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.execute(f"create table se1010 ({COLUMNS})", titles(range(1, 3)))
    world.run()
    world.source = replace(world.source, url=secret("postgresql://someone:s3%40cret@127.0.0.1:1/erp"))
    result = world.run()
    assert [stream.status for stream in result.streams] == ["error", "error"]
    assert live(world) == ["N1", "N2"]
    written = f"{result}{world.query('from quality.extractions')}{caplog.text}"
    for part in ("s3%40cret", "s3@cret", "someone:"):
        assert part not in written


@pytest.mark.parametrize("url", ["db2://u@h/d", "h:5432"])
def test_another_kind_of_database_is_a_configuration_error(world: World, url: str) -> None:
    world.source = replace(world.source, url=secret(url))
    with pytest.raises(ConfigurationError, match="postgresql://"):
        world.run()


def test_a_database_needs_the_code_of_its_company(world: World) -> None:
    world.source = replace(world.source, company=None)
    with pytest.raises(ConfigurationError, match="needs company"):
        world.run()


def test_the_database_is_never_written(world: World, server: Server) -> None:
    server.execute(f"create table se1010 ({COLUMNS})", titles(range(1, 3)))
    before = _state_of(server)
    world.run()
    assert _state_of(server) == before


def _state_of(server: Server) -> list[Any]:
    with duckdb.connect() as connection:
        load_extension(connection, "postgres_scanner")
        connection.execute(f"attach '{server.url}' as pg (type postgres, read_only)")
        query = "select relname::text, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_user_tables order by 1"
        return connection.execute("select * from postgres_query('pg', $1)", [query]).fetchall()
