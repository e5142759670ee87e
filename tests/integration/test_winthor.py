"""Winthor as it hands its tables over, written by hand: one case a line, one run.

Documents, titles, bank, ledger and the replication queue, each with the trap that it is there for and beside
it what must stay silent.
"""

from datetime import date

import duckdb
import pytest

from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion.workspace import read_workspace
from tests.integration.world import CARRIER, CUSTOMER, OTHER_BRANCH, OURS, SUPPLIER, World

pytestmark = pytest.mark.slow

CONFIGURATION = f"""
as_of: {{as_of}}
companies:
  - name: Aurora
    branches:
      - {{{{cnpj: "{OURS}", uf: SP, code: "1"}}}}
      - {{{{cnpj: "{OTHER_BRANCH}", uf: AM, code: "2"}}}}
    sync_activated_on: 2026-08-03
sources:
  - {{{{name: winthor, system: winthor, folder: exports/winthor}}}}
  - {{{{name: turned, system: winthor, folder: exports/turned, inflow: C}}}}
  - {{{{name: xml, system: fiscal_xml, folder: inbox/xml}}}}
"""
AUGUST = date(2026, 8, 10)


def punctuated(cnpj: str) -> str:
    return f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}"


def sale(world: World, number: int, transaction: int, *, issuer: str = OURS, **columns: object) -> str:
    key = world.nfe(number, on=AUGUST, issuer=issuer, recipient=CUSTOMER)
    row: dict[str, object] = {
        "NUMTRANSVENDA": transaction,
        "NUMNOTA": number,
        "SERIE": "1",
        "ESPECIE": "NF",
        "CODFILIAL": "1",
        "CGCFILIAL": punctuated(OURS),
        "DTSAIDA": AUGUST,
        "VLTOTAL": "100.00",
        "VLICMS": "18.00",
        "VLIPI": "0.00",
        "CODCLI": 7,
        "CGC": punctuated(CUSTOMER),
        "CHAVENFE": f"{key} ",
        "SITUACAONFE": "100",
    }
    world.tables["PCNFSAID"].append(row | columns)
    return key


def entry(world: World, key: str, transaction: int, **columns: object) -> None:
    is_freight = key[20:22] == "57"
    row: dict[str, object] = {
        "NUMTRANSENT": transaction,
        "NUMNOTA": int(key[25:34]),
        "SERIE": "1",
        "ESPECIE": "CT" if is_freight else "NF",
        "CODFILIAL": "1",
        "DTEMISSAO": AUGUST,
        "DTENT": date(2026, 8, 12),
        "CODFORNEC": 8 if is_freight else 7,
        "VLTOTAL": "50.00" if is_freight else "100.00",
        "VLICMS": "6.00" if is_freight else "18.00",
        "VLIPI": "0.00",
        "CHAVECTE" if is_freight else "CHAVENFE": key,
    }
    world.tables["PCNFENT"].append(row | columns)


def title(transaction: int, instalment: str, **columns: object) -> dict[str, object]:
    return {
        "NUMTRANSVENDA": transaction,
        "PREST": instalment,
        "DUPLIC": transaction,
        "CODCLI": 7,
        "CODFILIAL": "1",
        "CODCOB": "237",
        "VALOR": "100.00",
        "VALORORIG": "100.00",
        "DTEMISSAO": AUGUST,
        "DTVENC": date(2026, 9, 10),
        "DTVENCORIG": date(2026, 9, 10),
    } | columns


def order(number: int, on: date, **columns: object) -> dict[str, object]:
    return {"NUMPED": number, "DATA": on, "CODCLI": 7, "CODFILIAL": "1", "VLTOTAL": "100.00"} | columns


def queued(table: str, key: object, at: str, *, sent: str = "", **columns: object) -> dict[str, object]:
    return {"TABELA": table, "CHAVE": key, "OPERACAO": "I", "DTINCLUSAO": at, "DTENVIO": sent} | columns


def movement(transaction: object, kind: str, **columns: object) -> dict[str, object]:
    return {
        "NUMTRANS": transaction,
        "NUMSEQ": "",
        "DATA": AUGUST,
        "CODBANCO": 237,
        "CODCOB": "D",
        "VALOR": "100.00",
        "TIPO": kind,
        "CODFILIAL": "1",
    } | columns


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]) -> World:
    """Everything in one workspace, run once."""
    world = World(tmp_path_factory.mktemp("winthor"), erp="winthor", configuration=CONFIGURATION)
    world.tables = {"PCNFSAID": [], "PCNFENT": []}

    # documents
    keys["sold"] = sale(world, 100, 8801)
    keys["zeroed"] = sale(world, 101, 8802, VLTOTAL="0.00", SITUACAONFE="101", DTCANCEL=date(2026, 8, 11))
    keys["fiscal_branch"] = sale(world, 102, 8803, issuer=OTHER_BRANCH, CODFILIALNF="2", CGCFILIAL="")
    keys["other_amount"] = sale(world, 103, 8804, VLTOTAL="90.00")
    keys["bought"] = world.nfe(200, on=AUGUST)
    # an Oracle date has a time of day
    entry(world, keys["bought"], 77, DTENT="2026-08-12 22:30:00")
    keys["without_key"] = world.nfe(201, on=AUGUST)
    entry(world, keys["without_key"], 78, CHAVENFE="", CGC="")
    keys["returned"] = world.nfe(202, on=AUGUST, issuer=CUSTOMER)
    entry(world, keys["returned"], 79, CHAVENFE="", CGC="", CODDEVOL="12")
    keys["missing"] = world.nfe(203, on=AUGUST)
    keys["freight"] = world.cte(300, on=AUGUST)
    entry(world, keys["freight"], 80)

    # titles
    world.tables["PCPREST"] = [
        title(8801, "1"),
        title(8801, "01", DTPAG=date(2026, 9, 10), VPAGO="103.00", TXPERM="3.00", NUMTRANS=500),
        title(8801, "A", CODCOB="DESD", DTPAG=date(2026, 9, 1)),
        title(8802, "1", VALOR="0.00", VALORORIG="100.00", DTCANCEL=date(2026, 8, 11)),
    ]
    # neither table has a key of its own, and a database that has no blanks has nulls in what names a row
    world.tables["PCMOV"] = [
        {"NUMTRANSVENDA": 8801, "NUMTRANSENT": "", "NUMSEQ": 1, "CODPROD": 5, "CODOPER": "S", "QT": 1},
        {"NUMTRANSVENDA": "", "NUMTRANSENT": 77, "NUMSEQ": "", "CODPROD": 5, "CODOPER": "E", "QT": 1},
    ]
    # registers
    world.tables["PCCLIENT"] = [{"CODCLI": 7, "CLIENTE": "Cliente", "CGCENT": punctuated(CUSTOMER)}]
    world.tables["PCFORNEC"] = [
        {"CODFORNEC": 7, "FORNECEDOR": "Fornecedor", "CGC": punctuated(SUPPLIER)},
        {"CODFORNEC": 8, "FORNECEDOR": "Transportadora", "CGC": punctuated(CARRIER)},
    ]
    world.tables["PCFILIAL"] = [
        {"CODIGO": "1", "CGC": punctuated(OURS)},
        {"CODIGO": "2", "CGC": punctuated(OTHER_BRANCH)},
    ]
    world.tables["PCRETCONCILIACAOMAISNEG"] = [{"CONCILIACAOID": 1, "LANCAMENTOID": "g", "CODFILIAL": "2"}]
    # bank and ledger
    world.tables["PCMOVCR"] = [
        movement(500, "D"),
        movement(501, "D", HISTORICO="a"),
        movement(501, "C", HISTORICO="b"),
        movement("", "D"),
    ]
    world.tables["PCBANCO"] = [{"CODBANCO": 237, "NOME": "BRADESCO", "CODCONTABIL": "1020102"}]
    world.tables["PCLANCAMENTO"] = [
        {"NUMTRANSLANCTO": 1, "NATUREZA": "D", "VALOR": "100.00", "DTLANC": AUGUST, "EXCLUIDO": "N"},
        {"NUMTRANSLANCTO": 2, "NATUREZA": "C", "VALOR": "100.00", "DTLANC": AUGUST, "EXCLUIDO": "S"},
    ]
    # orders and the queue that carries them
    world.tables["PCPEDC"] = [
        order(5501, date(2026, 11, 20), DTMXSALTER="2026-11-20T09:00:00"),
        order(5502, date(2026, 11, 21)),
        order(5503, date(2026, 11, 22), VLTOTAL="250.00"),
        order(5504, date(2026, 11, 1)),
        order(5505, date(2026, 11, 30)),
    ]
    world.tables["PCW2C_QUEUE"] = [
        queued("PCPEDC", 5501, "2026-11-20T09:01:00", sent="2026-11-20T09:05:00"),
        queued("PCPEDC", 5502, "2026-11-21T09:00:00"),
        # 5503 was never queued, 5504 was produced before the queue began
        queued("PCPEDC", 5505, "2026-11-30T18:00:00"),
        queued("PCPREST", "8801|1", "2026-11-30T02:00:00"),
        queued("PCCLIENT", 7, "2026-11-20T09:00:00", ERRO="CODFILIAL vazio"),
        queued("PCCLIENT", 7, "2026-11-21T09:00:00", sent="2026-11-21T10:00:00"),
        queued("PCNFSAID", 8801, "2026-11-20T09:00:00", ERRO="tempo esgotado"),
        queued("PCRETCONCILIACAOMAISNEG", 1, "2026-11-20T09:00:00", STATUS="F"),
    ]
    world.write_tables()
    turned = world.root / "exports/turned"
    turned.mkdir()
    (turned / "PCMOVCR.csv").write_text(
        "NUMTRANS;NUMSEQ;DATA;CODBANCO;CODCOB;VALOR;TIPO;CODFILIAL\n1;1;2026-08-10;237;D;100.00;C;1\n",
        encoding="utf-8",
    )
    run_workspace(read_workspace(world.root, environ={}), progress=LoggedProgress())
    return world


def test_every_document_has_its_status(world: World, keys: dict[str, str]) -> None:
    names = {key: name for name, key in keys.items()}
    rows = world.query(
        "select access_key, sync_status = 'Sincronizado', cause, erp_document_key, erp_stage,"
        " sync_status_as_arquivei"
        " from marts.sync_status where is_expected"
    )
    told = {names[str(row[0])]: row[1:] for row in rows}
    assert told == {
        "sold": (True, None, "winthor|PCNFSAID|8801", "lancada", None),
        "zeroed": (False, "cancelled_in_erp_authorised_at_sefaz", None, None, None),
        "fiscal_branch": (True, None, "winthor|PCNFSAID|8803", "lancada", None),
        "other_amount": (True, "amount_differs", "winthor|PCNFSAID|8804", "lancada", None),
        "bought": (True, None, "winthor|PCNFENT|77", "lancada", None),
        "without_key": (False, "wrong_access_key", "winthor|PCNFENT|78", None, None),
        "returned": (False, "wrong_access_key", "winthor|PCNFENT|79", None, None),
        "missing": (False, "missing_in_erp", None, None, None),
        "freight": (True, None, "winthor|PCNFENT|80", "lancada", None),
    }


def test_a_cancelled_row_of_zero_keeps_its_worth(world: World) -> None:
    assert world.query(
        "select amount from marts.erp_documents where erp_document_key = 'winthor|PCNFSAID|8802'"
    ) == [pytest.approx((100,))]


def test_records_that_wait_too_long(world: World) -> None:
    rows = world.query(
        "select entity_key, entity_type, company_cnpj, branch, amount, mart from marts.mismatches"
        " where cause = 'queued_not_extracted' and resolved_at is null order by entity_key"
    )
    assert [
        (key, kind, cnpj, None if amount is None else float(str(amount)), mart)
        for key, kind, cnpj, _, amount, mart in rows
    ] == [
        ("winthor|PCNFSAID|8801", "record", OURS, 100.0, "ingestion_latency"),
        ("winthor|PCPEDC|5502", "record", OURS, 100.0, "ingestion_latency"),
        ("winthor|PCPEDC|5503", "record", OURS, 250.0, "ingestion_latency"),
        ("winthor|PCRETCONCILIACAOMAISNEG|1", "record", OTHER_BRANCH, None, "ingestion_latency"),
    ]


def test_latency_by_stream_and_hour(world: World) -> None:
    rows = world.query(
        "select stream, strftime(produced_hour, '%m-%d %H'), records, pending, failed, never_queued, overdue,"
        " latency_class, cause"
        " from marts.ingestion_latency where source = 'winthor' and stream in ('orders', 'customers')"
        " order by stream, produced_hour"
    )
    late = "queued_not_extracted"
    assert rows == [
        ("customers", "11-20 12", 1, 0, 0, 0, 0, "scheduled", None),
        ("orders", "11-01 03", 1, 0, 0, 0, 0, "online", None),
        ("orders", "11-20 12", 1, 0, 0, 0, 0, "online", None),
        ("orders", "11-21 03", 1, 1, 0, 0, 1, "online", late),
        ("orders", "11-22 03", 1, 1, 0, 1, 1, "online", late),
        ("orders", "11-30 03", 1, 1, 0, 0, 0, "online", None),
    ]


def test_titles_bank_and_ledger_are_in_the_store(world: World) -> None:
    with duckdb.connect(str(world.root / "warehouse/confere.duckdb"), read_only=True) as connection:
        titles = connection.execute(
            "select title_key, is_open, open_amount from intermediate.int_titles__unioned order by title_key"
        ).fetchall()
        bank = connection.execute(
            "select source, sum(signed_amount), count(*) from intermediate.int_bank_movements__unioned"
            " group by 1 order by 1"
        ).fetchall()
        ledger = connection.execute(
            "select entry_key, is_deleted, signed_amount from intermediate.int_ledger_entries__unioned"
            " order by 1"
        ).fetchall()
    assert [(key, is_open, float(amount)) for key, is_open, amount in titles] == [
        ("winthor|PCPREST|8801|01", False, 0.0),
        ("winthor|PCPREST|8801|1", True, 100.0),
        ("winthor|PCPREST|8801|A", False, 0.0),
        ("winthor|PCPREST|8802|1", False, 0.0),
    ]
    assert [(source, float(amount), rows) for source, amount, rows in bank] == [
        ("turned", 100.0, 1),
        ("winthor", 200.0, 4),
    ]
    assert [(key, deleted, float(amount)) for key, deleted, amount in ledger] == [
        ("winthor|PCLANCAMENTO|1", False, 100.0),
        ("winthor|PCLANCAMENTO|2", True, -100.0),
    ]


def test_nothing_was_refused(world: World) -> None:
    assert world.query("select stream, reason, detail from quality.quarantine") == []


def test_every_row_is_an_entity_with_its_amount(world: World) -> None:
    rows = world.query(
        "select stream, live_rows, staged_rows, live_amount, staged_amount, lost_at, quarantine_rows"
        " from quality.completeness_verdicts where source = 'winthor' and staged_as = 'entity'"
    )
    told = {str(row[0]): row[1:] for row in rows}
    assert all(lost_at is None and refused == 0 for *_, lost_at, refused in told.values()), told
    assert told["PCPREST"][:4] == (4, 4, 300, 300)
    assert told["PCMOV"][:2] == (2, 2)
    assert told["PCMOVCR"][:4] == (4, 4, 400, 400)


def test_items_know_their_document(world: World) -> None:
    with duckdb.connect(str(world.root / "warehouse/confere.duckdb"), read_only=True) as connection:
        items = connection.execute(
            "select erp_document_key, direction from intermediate.int_erp_document_items__unioned order by 1"
        ).fetchall()
    assert items == [("winthor|PCNFENT|77", "inbound"), ("winthor|PCNFSAID|8801", "outbound")]
