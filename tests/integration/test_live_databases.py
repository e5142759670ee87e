"""Protheus and Winthor in one live PostgreSQL, changed between runs as companies change them."""

from datetime import date
from pathlib import Path

import pytest

from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion import load_tables
from ingestion.workspace import read_workspace
from tests.integration.postgres import Server
from tests.integration.world import OURS, World

pytestmark = pytest.mark.slow

CONFIGURATION = f"""
as_of: {{as_of}}
companies:
  - name: Aurora
    branches:
      - {{{{cnpj: "{OURS}", uf: SP, codes: {{{{protheus: "01", winthor: "1"}}}}}}}}
    sync_activated_on: 2026-08-03
sources:
  - {{{{name: protheus, system: protheus, company: "01", url: "${{{{PROTHEUS_URL}}}}"}}}}
  - {{{{name: winthor, system: winthor, url: "${{{{WINTHOR_URL}}}}"}}}}
  - {{{{name: xml, system: fiscal_xml, folder: inbox/xml}}}}
"""
AUGUST = date(2026, 8, 10)
SF1 = (
    "create table protheus.sf1010 (f1_filial char(2), f1_doc char(9), f1_serie char(3), f1_fornece char(6),"
    " f1_loja char(2), f1_tipo char(1), f1_chvnfe char(44), f1_especie char(5), f1_status char(1),"
    " f1_emissao char(8), f1_dtdigit char(8), f1_valbrut double precision, f1_valicm double precision,"
    " d_e_l_e_t_ char(1) default ' ', r_e_c_n_o_ bigint primary key, s_t_a_m_p_ timestamp)"
)
PCNFENT = (
    'create table winthor."PCNFENT" ("NUMTRANSENT" numeric(10), "CODCONT" numeric(10), "NUMNOTA" numeric(10),'
    ' "SERIE" varchar(3), "ESPECIE" varchar(2), "CODFILIAL" varchar(2), "DTEMISSAO" timestamp,'
    ' "DTENT" timestamp, "DTCANCEL" timestamp, "CHAVENFE" varchar(45), "VLTOTAL" numeric(12,2))'
)


def inbound(key: str, record: int, *, posted: str = "20260812", stamp: str = "2026-08-12 15:00") -> str:
    stamped = f"'{stamp}'" if stamp else "null"
    return (
        f"insert into protheus.sf1010 values ('01', '{key[25:34]}', '1', 'F1', '01', 'N', '{key}', 'SPED',"
        f" 'A', '20260810', '{posted}', 100, 18, ' ', {record}, {stamped})"
    )


def entry(key: str, transaction: int, *, posted: str = "2026-08-12 09:30") -> str:
    return (
        f"insert into winthor.\"PCNFENT\" values ({transaction}, 1, {int(key[25:34])}, '1', 'NF', '1',"
        f" '2026-08-10', '{posted}', null, '{key}', 100.00)"
    )


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    """Both ERPs' schemas, empty, beside a workspace that names them."""
    server.execute(
        *(f"drop schema if exists {schema} cascade" for schema in ("protheus", "winthor")),
        *(f"create schema {schema}" for schema in ("protheus", "winthor")),
        SF1,
        PCNFENT,
    )
    return World(tmp_path, as_of="2026-09-30T23:59:59Z", configuration=CONFIGURATION)


def run(world: World, server: Server) -> None:
    joint = "&" if "?" in server.url else "?"
    environ = {f"{erp.upper()}_URL": f"{server.url}{joint}schema={erp}" for erp in ("protheus", "winthor")}
    run_workspace(read_workspace(world.root, environ=environ), progress=LoggedProgress())


def said(world: World, names: dict[str, str]) -> dict[str, tuple[object, ...]]:
    """What is said of each document by its name: ERP, status, cause."""
    rows = world.query("select access_key, source, sync_status, cause from marts.sync_status")
    return {names[str(key)]: rest for key, *rest in rows}  # type: ignore[misc]


def test_what_changes_in_the_databases_changes_in_the_marts(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    fates = ("kept", "changed", "marked", "gone", "late")
    keys = {
        f"{erp} {fate}": world.nfe(100 * place + number, on=AUGUST)
        for place, erp in enumerate(("protheus", "winthor"), start=1)
        for number, fate in enumerate(fates)
    }
    names = {key: name for name, key in keys.items()}
    for number, fate in enumerate(fates[:-1], start=1):
        server.execute(inbound(keys[f"protheus {fate}"], number), entry(keys[f"winthor {fate}"], number))
    run(world, server)
    missing = ["Não sincronizado", "missing_in_erp"]
    synced = ["Sincronizado", None]
    first = said(world, names)
    assert [first[f"protheus {fate}"] for fate in fates] == [["protheus", *synced]] * 4 + [[None, *missing]]
    assert [first[f"winthor {fate}"] for fate in fates] == [["winthor", *synced]] * 4 + [[None, *missing]]

    # a month later each ERP has changed in its own ways, and Winthor's server ends every connection that asks
    world.set_clock("2026-10-31T23:59:59Z")
    server.execute(
        "update protheus.sf1010 set f1_valbrut = 90, s_t_a_m_p_ = '2026-10-02 10:00' where r_e_c_n_o_ = 2",
        "update protheus.sf1010 set d_e_l_e_t_ = '*', s_t_a_m_p_ = '2026-10-02 10:00' where r_e_c_n_o_ = 3",
        "delete from protheus.sf1010 where r_e_c_n_o_ = 4",
        # posted long ago by its date, and without a stamp
        inbound(keys["protheus late"], 5, posted="20260804", stamp=""),
        'update winthor."PCNFENT" set "VLTOTAL" = 90 where "NUMTRANSENT" = 2',
        'update winthor."PCNFENT" set "DTCANCEL" = \'2026-10-02\' where "NUMTRANSENT" = 3',
        'delete from winthor."PCNFENT" where "NUMTRANSENT" = 4',
        entry(keys["winthor late"], 5, posted="2026-08-04 00:00"),
        'alter table winthor."PCNFENT" rename to data',
        'create view winthor."PCNFENT" as select * from winthor.data'
        " where pg_terminate_backend(pg_backend_pid())",
    )
    monkeypatch.setattr(load_tables, "RETRY_PAUSES", ())
    run(world, server)
    changed = ["Sincronizado", "amount_differs"]
    deleted = ["Não sincronizado", "deleted_in_erp"]
    second = said(world, names)
    followed = [synced, changed, deleted, deleted, synced]
    assert [second[f"protheus {fate}"] for fate in fates] == [["protheus", *what] for what in followed]
    assert {name: what for name, what in second.items() if name.startswith("winthor")} == {
        name: what for name, what in first.items() if name.startswith("winthor")
    }
    assert world.query(
        "select source, stream from quality.extractions where status = 'error' order by all"
    ) == [("winthor", "PCNFENT")]

    server.execute('drop view winthor."PCNFENT"', 'alter table winthor.data rename to "PCNFENT"')
    run(world, server)
    third = said(world, names)
    assert [third[f"winthor {fate}"] for fate in fates] == [["winthor", *what] for what in followed]
    assert [third[f"protheus {fate}"] for fate in fates] == [["protheus", *what] for what in followed]
    assert (
        world.query("select source, stream from quality.completeness_verdicts where lost_at is not null")
        == []
    )
