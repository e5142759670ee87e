"""RM from exported tables to the marts, on a world of two coligadas whose branches have one code."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import duckdb
import pytest

from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion.workspace import read_workspace
from tests.integration.world import CARRIER, CUSTOMER, OURS, SUPPLIER, World

pytestmark = pytest.mark.slow

AUGUST = date(2026, 8, 10)
OTHER_COMPANY = "45997418000153"  # coligada 2, branch 1, SP

CONFIGURATION = f"""
as_of: {{as_of}}
companies:
  - name: Aurora
    branches:
      - {{{{cnpj: "{OURS}", uf: SP, codes: {{{{rm: "1"}}}}}}}}
    sync_activated_on: 2026-08-03
  - name: Boreal
    branches:
      - {{{{cnpj: "{OTHER_COMPANY}", uf: SP, codes: {{{{rm: "1"}}}}}}}}
    sync_activated_on: 2026-08-03
sources:
  - {{{{name: {{erp}}, system: {{erp}}, folder: exports/{{erp}}}}}}
  - {{{{name: xml, system: fiscal_xml, folder: inbox/xml}}}}
"""


def movement(world: World, key: str, **columns: object) -> int:
    """A note for the document of `key`, received, of coligada 1; its IDMOV."""
    is_cte = key[20:22] == "57"
    world.record_number += 1
    row: dict[str, object] = {
        "CODCOLIGADA": 1,
        "IDMOV": world.record_number,
        "CODFILIAL": 1,
        "CODTMV": "1.2.01",
        "NUMEROMOV": key[25:34],
        "SERIE": "1",
        "CODCOLCFO": 0,
        "CODCFO": "T1" if is_cte else "F1",
        "STATUS": "F",
        "DATAEMISSAO": f"{AUGUST} 00:00:00",
        "DATAMOVIMENTO": "2026-08-12 00:00:00",
        "VALORBRUTO": "60.00" if is_cte else "110.00",
        "VALORLIQUIDO": "50.00" if is_cte else "100.00",
        "CHAVEACESSONFE": key,
        "RECCREATEDON": "2026-08-12 14:30:00",
        "RECMODIFIEDON": "2026-08-12 14:30:00",
    }
    world.tables["TMOV"].append(row | columns)
    return world.record_number


def build(world: World) -> dict[str, str]:
    """The key of each case by its name."""
    world.tables |= {
        "GFILIAL": [
            {"CODCOLIGADA": 1, "CODFILIAL": 1, "CGC": OURS, "NOME": "Aurora"},
            {"CODCOLIGADA": 2, "CODFILIAL": 1, "CGC": "45.997.418/0001-53", "NOME": "Boreal"},
        ],
        "FCFO": [
            {"CODCOLIGADA": 0, "CODCFO": "F1", "NOME": "Fornecedor", "CGCCFO": SUPPLIER, "PAGREC": 2},
            {"CODCOLIGADA": 0, "CODCFO": "T1", "NOME": "Transportadora", "CGCCFO": CARRIER, "PAGREC": 2},
            {"CODCOLIGADA": 1, "CODCFO": "C1", "NOME": "Cliente", "CGCCFO": CUSTOMER, "PAGREC": 1},
        ],
        "TMOV": [],
    }
    keys = {}
    received = ("posted", "pending", "blocked", "cancelled", "only_ordered", "key_blank", "amount", "missing")
    for number, name in enumerate(received, start=100):
        keys[name] = world.nfe(number, on=AUGUST)
    movement(world, keys["posted"])
    movement(world, keys["pending"], STATUS="A")
    movement(world, keys["blocked"], STATUS="B")
    movement(world, keys["cancelled"], STATUS="C")
    movement(world, keys["only_ordered"], CODTMV="1.1.02")
    movement(world, keys["key_blank"], CHAVEACESSONFE="")
    movement(world, keys["amount"], VALORLIQUIDO="100.01")
    keys["cte"] = world.cte(200, on=AUGUST)
    movement(world, keys["cte"], CODTMV="1.2.20")
    keys["of_the_other"] = world.nfe(300, on=AUGUST, recipient=OTHER_COMPANY)
    movement(world, keys["of_the_other"], CODCOLIGADA=2)
    keys["in_the_wrong_one"] = world.nfe(301, on=AUGUST, recipient=OTHER_COMPANY)
    movement(world, keys["in_the_wrong_one"])
    keys["issued"] = world.nfe(400, on=AUGUST, issuer=OURS, recipient=CUSTOMER)
    sold = movement(world, keys["issued"], CODTMV="2.2.01", STATUS="A", CODCOLCFO=1, CODCFO="C1")
    keys["issued_and_cancelled"] = world.nfe(401, on=AUGUST, issuer=OURS, recipient=CUSTOMER)
    movement(world, keys["issued_and_cancelled"], CODTMV="2.2.01", STATUS="C", CODCOLCFO=1, CODCFO="C1")
    entry = {
        "CODCOLIGADA": 1,
        "CODFILIAL": 1,
        "PAGREC": 1,
        "CODCFO": "C1",
        "CODCOLCFO": 1,
        "DATAEMISSAO": AUGUST,
    }
    world.tables |= {
        "FLAN": [
            entry
            | {
                "IDLAN": 1,
                "IDMOV": sold,
                "STATUSLAN": 4,
                "VALORORIGINAL": "100.00",
                "VALORBAIXADO": "60.00",
                "NFOUDUP": 0,
            },
            entry
            | {
                "IDLAN": 2,
                "IDMOV": "",
                "STATUSLAN": 0,
                "VALORORIGINAL": "70.00",
                "VALORBAIXADO": "0.00",
                "NFOUDUP": 1,
            },
            entry
            | {
                "IDLAN": 3,
                "IDMOV": "",
                "STATUSLAN": "B",
                "VALORORIGINAL": "5.00",
                "VALORBAIXADO": "0.00",
                "NFOUDUP": 0,
            },
        ],
        "FLANBAIXA": [
            {
                "CODCOLIGADA": 1,
                "IDLAN": 1,
                "IDBAIXA": 1,
                "DATABAIXA": "2026-08-20",
                "VALORBAIXA": "20.00",
                "IDXCX": 9,
            },
            {
                "CODCOLIGADA": 1,
                "IDLAN": 1,
                "IDBAIXA": 2,
                "DATABAIXA": "2026-08-25",
                "VALORBAIXA": "40.00",
                "IDXCX": "",
            },
        ],
        "FXCX": [{"CODCOLIGADA": 1, "IDXCX": 9, "CODCXA": "10", "DATA": "2026-08-20", "VALOR": "20.00"}],
        "FCXA": [
            {"CODCOLIGADA": 0, "CODCXA": "10", "NUMBANCO": "341", "NUMAGENCIA": "1234", "NROCONTA": "567890"}
        ],
        "CPARTIDA": [
            {
                "CODCOLIGADA": 1,
                "IDPARTIDA": 1,
                "DATA": "2026-08-20",
                "DEBITO": "1.1.1",
                "CREDITO": "1.1.2",
                "VALOR": "20.00",
                "INTEGRACHAVE": "F1",
                "INTEGRAAPLICACAO": "F",
            },
        ],
        "CLANCA": [
            {
                "CODCOLIGADA": 1,
                "LCTREF": 1,
                "DATA": "2026-08-20",
                "DEBITO": "1.1.1",
                "CREDITO": "1.1.2",
                "VALOR": "20.00",
            },
        ],
    }
    return keys


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("rm"), erp="rm", configuration=CONFIGURATION)


@pytest.fixture(scope="module")
def cases(world: World) -> dict[str, str]:
    keys = build(world)
    world.write_tables()
    run_workspace(read_workspace(world.root, environ={}), progress=LoggedProgress())
    return keys


@pytest.fixture
def warehouse(world: World, cases: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(world.root / "warehouse/confere.duckdb"), read_only=True) as connection:
        yield connection


EXPECTED = {
    "posted": ("Sincronizado", "classificada", None),
    "pending": ("Sincronizado", "pre_nota", None),
    "blocked": ("Sincronizado", "bloqueada", None),
    "cancelled": ("Não sincronizado", None, "deleted_in_erp"),
    "only_ordered": ("Não sincronizado", None, "missing_in_erp"),
    "key_blank": ("Não sincronizado", None, "wrong_access_key"),
    "amount": ("Sincronizado", "classificada", "amount_differs"),
    "missing": ("Não sincronizado", None, "missing_in_erp"),
    "cte": ("Sincronizado", "classificada", None),
    "of_the_other": ("Sincronizado", "classificada", None),
    "in_the_wrong_one": ("Sincronizado", "classificada", "company_or_role_differs"),
    "issued": ("Sincronizado", "lancada", None),
    "issued_and_cancelled": ("Não sincronizado", None, "cancelled_in_erp_authorised_at_sefaz"),
}


def test_status_of_each_document(world: World, cases: dict[str, str]) -> None:
    found = {
        key: (status, stage, cause)
        for key, status, stage, cause in world.query(
            "select access_key, sync_status, erp_stage, cause from marts.sync_status where is_expected"
        )
    }
    assert {name: found[key] for name, key in cases.items()} == EXPECTED


def test_the_original_product_covers_its_nfe_only(world: World, cases: dict[str, str]) -> None:
    found = dict(
        world.query("select access_key, sync_status_as_arquivei from marts.sync_status where is_expected")
    )
    for name, (status, _, _) in EXPECTED.items():
        assert found[cases[name]] == (None if name == "cte" else status), name


def test_a_branch_is_told_by_its_coligada(world: World, cases: dict[str, str]) -> None:
    found = dict(world.query("select document_access_key, company_cnpj from marts.erp_documents"))
    assert found[cases["posted"]] == OURS
    assert found[cases["of_the_other"]] == OTHER_COMPANY
    assert found[cases["in_the_wrong_one"]] == OURS


def test_stamps_are_local(world: World, cases: dict[str, str]) -> None:
    [(since,)] = world.query(
        f"select synced_since from marts.sync_status where access_key = '{cases['posted']}' and is_expected"
    )
    assert since == datetime(2026, 8, 12, 17, 30, tzinfo=UTC)


def test_nothing_was_refused(world: World, cases: dict[str, str]) -> None:
    assert world.query("select stream, reason, detail from quality.quarantine") == []
    assert world.query("select stream, message from quality.extractions where status = 'error'") == []


def test_titles_are_not_doubled(warehouse: duckdb.DuckDBPyConnection) -> None:
    titles = warehouse.execute(
        "select title_key, title_kind, is_open, (sign * amount)::varchar, open_amount::varchar,"
        " partner_tax_id from intermediate.int_titles__unioned order by title_key"
    ).fetchall()
    assert titles == [
        ("rm|FLAN|1|1", "ordinary", True, "100.00", "40.00", CUSTOMER),
        ("rm|FLAN|1|2", "grouped", False, "0.00", "0.00", CUSTOMER),
        ("rm|FLAN|1|3", "B", None, "5.00", None, CUSTOMER),
    ]
    settled = warehouse.execute(
        "select title_key, sum(principal_amount)::varchar, count(*)"
        " from intermediate.int_title_movements__unioned group by all"
    ).fetchall()
    assert settled == [("rm|FLAN|1|1", "60.00", 2)]


def test_money_and_ledger_lead_to_the_title(warehouse: duckdb.DuckDBPyConnection) -> None:
    banked = warehouse.execute(
        "select title_key, bank_code, account, signed_amount::varchar"
        " from intermediate.int_bank_movements__unioned"
    ).fetchall()
    assert banked == [("rm|FLAN|1|1", "341", "567890", "20.00")]
    entries = warehouse.execute(
        "select ledger_account, side, signed_amount::varchar, origin_key"
        " from intermediate.int_ledger_entries__unioned order by all"
    ).fetchall()
    assert entries == [
        ("1.1.1", "debit", "20.00", "rm|FLAN|1|1"),
        ("1.1.2", "credit", "-20.00", "rm|FLAN|1|1"),
    ]
