"""Extraction by ODBC, from a real PostgreSQL: the way that Progress and Informix are read."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.connectors.addresses import Address
from ingestion.connectors.drivers import driver_of
from ingestion.contracts import Contracts
from tests.integration.postgres import STAMPED, Server, odbc_address, secret, titles
from tests.unit.ingestion.world import FISCAL_YML, SOURCES_YML, World, write_contracts


@pytest.fixture(scope="session")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    return write_contracts(tmp_path_factory.mktemp("models"), protheus=SOURCES_YML, fiscal_xml=FISCAL_YML)


@pytest.fixture
def world(tmp_path: Path, contracts: Contracts, server: Server) -> World:
    """A world whose source is the database; the clock stands after every stamp."""
    address = odbc_address(server)
    server.execute("drop schema public cascade", "create schema public")
    world = World(tmp_path, contracts, now=datetime(2027, 1, 1, tzinfo=UTC))
    world.source = replace(world.source, folder=None, url=secret(address))
    return world


def test_values_arrive_as_they_are(world: World, server: Server) -> None:
    server.execute(
        "create table se5010 (e5_valor numeric(16,2), e5_hora timestamp, d_e_l_e_t_ char(1),"
        " r_e_c_n_o_ bigint)",
        # more digits than a binary float holds, and a time of the ERP's own zone
        "insert into se5010 values (12345678901234.56, '2026-10-01 10:00:00', ' ', 9007199254740993),"
        " (null, null, '*', 2)",
    )
    assert world.load("SE5").status == "ok"
    assert world.query(
        'select "E5_VALOR"::varchar, "E5_HORA"::varchar, "R_E_C_N_O_", _is_deleted'
        " from raw_protheus.se5 order by 3"
    ) == [
        (None, None, 2, True),
        ("12345678901234.56", "2026-10-01 13:00:00+00", 9007199254740993, False),
    ]


def test_increments_and_sweeps(world: World, server: Server) -> None:
    server.execute(
        f"create table se1010 ({STAMPED})",
        titles(range(1, 101), stamp="2026-11-01 10:00:00"),
        titles(range(101, 103), stamp="2026-11-02 10:00:00"),
    )
    assert world.load("SE1").rows_new == 102
    server.execute(
        "update se1010 set e1_valor = 7, s_t_a_m_p_ = '2026-11-03 10:00' where r_e_c_n_o_ = 2",
        "update se1010 set d_e_l_e_t_ = '*', s_t_a_m_p_ = '2026-11-03 10:01' where r_e_c_n_o_ = 4",
        "delete from se1010 where r_e_c_n_o_ = 3",
    )
    result = world.load("SE1", sweep=False)
    assert (result.mode, result.rows_read, result.rows_changed, result.rows_deleted) == (
        "incremental",
        4,
        1,
        1,
    )
    result = world.load("SE1")
    assert (result.mode, result.rows_deleted) == ("sweep", 1)
    assert not world.load("SE1").changed


def test_instants_keep_their_zone(world: World, server: Server) -> None:
    zoned = STAMPED.replace("s_t_a_m_p_ timestamp", "s_t_a_m_p_ timestamptz")
    server.execute(f"create table se1010 ({zoned})", titles(range(1, 3), stamp="2026-11-01 10:00:00-03"))
    server.execute("update se1010 set s_t_a_m_p_ = '2026-11-01 10:00:00-03'")
    world.run()
    assert world.query("select distinct _changed_at::varchar from raw_protheus.se1") == [
        ("2026-11-01 13:00:00+00",)
    ]
    assert world.load("SE1", sweep=False).rows_read == 2


def test_an_unreachable_server_is_told_without_its_secret(world: World, server: Server) -> None:
    world.source = replace(world.source, url=secret(f"{server.odbc};PWD=s3cret;Port=1"))
    result = world.run()
    assert [stream.status for stream in result.streams] == ["error", "error"]
    assert "s3cret" not in f"{result}{world.query('from quality.extractions')}"


def test_a_refused_login_is_not_tried_again(world: World, server: Server) -> None:
    for url in (
        server.odbc.replace("UID=postgres", "UID=nobody"),
        server.url.replace("postgres:@", "nobody:@"),
    ):
        world.source = replace(world.source, url=secret(url))
        assert {stream.status for stream in world.run().streams} == {"error"}
    assert world.pauses == []


def test_the_session_may_not_write(world: World, server: Server) -> None:
    url = secret(server.odbc)
    driver = driver_of(Address.of(url), url=url, name="erp")
    assert driver.rows("select current_setting('transaction_read_only') as is_on") == [("on",)]
    server.execute("create sequence counted")
    with pytest.raises(driver.errors, match="read-only transaction"):
        driver.rows("select nextval('counted')")


def test_the_scanner_may_not_write_either(server: Server) -> None:
    url = secret(server.url)
    driver = driver_of(Address.of(url), url=url, name="erp")
    assert driver.rows("select current_setting('transaction_read_only') as is_on") == [("on",)]
    driver.close()
