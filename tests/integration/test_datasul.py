"""Datasul from exported tables to the marts, on a world written by hand: one case a document, one run."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion.workspace import read_workspace
from tests.integration.world import CARRIER, CUSTOMER, OURS, SUPPLIER, World

pytestmark = pytest.mark.slow

AUGUST = date(2026, 8, 10)
POSTED = date(2026, 8, 12)


def inbound(world: World, key: str, **columns: object) -> None:
    """A document received, updated in stock."""
    is_cte = key[20:22] == "57"
    row: dict[str, object] = {
        "serie-docto": "1",
        "nro-docto": key[27:34],
        "cod-emitente": 3 if is_cte else 1,
        "nat-operacao": "1352" if is_cte else "1102AA",
        "cod-estabel": "01",
        "cod-chave-aces-nf-eletro": key,
        "char-1": "",
        "dt-emissao": AUGUST,
        "dt-trans": POSTED,
        "dt-atualiza": POSTED,
        "esp-docto": 21,
        "tot-valor": "50.00" if is_cte else "100.00",
        "ce-atual": "yes",
        "of-atual": "yes",
        "ap-atual": "yes",
    }
    world.tables["docum-est"].append(row | {name.replace("_", "-"): value for name, value in columns.items()})


def outbound(world: World, key: str, **columns: object) -> None:
    """A note issued and authorised."""
    row: dict[str, object] = {
        "cod-estabel": "01",
        "serie": "1",
        "nr-nota-fis": key[27:34],
        "cod-emitente": 2,
        "nat-operacao": "5102AA",
        "dt-emis-nota": AUGUST,
        "dt-cancela": "?",
        "vl-tot-nota": "100.00",
        "esp-docto": 22,
        "cod-chave-aces-nf-eletro": key,
        "idi-sit-nf-eletro": 3,
    }
    world.tables["nota-fiscal"].append(
        row | {name.replace("_", "-"): value for name, value in columns.items()}
    )


def build(world: World) -> dict[str, str]:
    """The key of each case by its name."""
    world.tables |= {
        "estabelec": [{"cod-estabel": "01", "cgc": "12.345.678/0001-95", "nome": "Aurora"}],
        "emitente": [
            {"cod-emitente": 1, "cgc": SUPPLIER, "nome-emit": "Fornecedor", "identific": 2},
            {"cod-emitente": 2, "cgc": CUSTOMER, "nome-emit": "Cliente", "identific": 1},
            {"cod-emitente": 3, "cgc": CARRIER, "nome-emit": "Transportadora", "identific": 3},
        ],
        "docum-est": [],
        "nota-fiscal": [],
    }
    keys = {}
    received = ("posted", "pre_note", "key_with_prefix", "key_in_char_1", "key_blank", "amount", "missing")
    for number, name in enumerate(received, start=100):
        keys[name] = world.nfe(number, on=AUGUST)
    inbound(world, keys["posted"])
    inbound(world, keys["pre_note"], ce_atual="no", of_atual="no", ap_atual="no", dt_atualiza="?")
    inbound(
        world, keys["key_with_prefix"], cod_chave_aces_nf_eletro=f"NFe{keys['key_with_prefix']}             "
    )
    inbound(
        world, keys["key_in_char_1"], cod_chave_aces_nf_eletro="?", char_1=" " * 92 + keys["key_in_char_1"]
    )
    inbound(world, keys["key_blank"], cod_chave_aces_nf_eletro="?")
    inbound(world, keys["amount"], tot_valor="100.01")
    keys["cte"] = world.cte(200, on=AUGUST)
    inbound(world, keys["cte"])
    for number, name in enumerate(("issued", "cancelled", "cancelled_by_situation"), start=300):
        keys[name] = world.nfe(number, on=AUGUST, issuer=OURS, recipient=CUSTOMER)
    outbound(world, keys["issued"])
    outbound(world, keys["cancelled"], dt_cancela=date(2026, 8, 20))
    outbound(world, keys["cancelled_by_situation"], idi_sit_nf_eletro=6)
    world.tables |= {
        "tit_acr": [
            {
                "cod_estab": "01",
                "num_id_tit_acr": 10,
                "cod_ser_docto": "1",
                "cod_tit_acr": keys["issued"][27:34],
                "cod_parcela": "01",
                "cdn_cliente": 2,
                "ind_tip_espec_docto": "Normal",
                "dat_liquidac_tit_acr": "9999-12-31",
                "dat_transacao": AUGUST,
                "val_origin_tit_acr": "100.00",
                "val_sdo_tit_acr": "40.00",
                "log_tit_acr_estordo": "no",
            },
        ],
        "movto_tit_acr": [
            {
                "cod_estab": "01",
                "num_id_movto_tit_acr": 1,
                "num_id_tit_acr": 10,
                "ind_trans_acr_abrev": "LIQ",
                "dat_transacao": POSTED,
                "val_movto_tit_acr": "60.00",
                "num_id_movto_cta_corren": 7,
                "log_ctbz_aprop_ctbl": "yes",
            },
        ],
        "val_movto_tit_acr": [
            {
                "cod_estab": "01",
                "num_id_movto_tit_acr": 1,
                "num_id_val_movto_tit_acr": number,
                "cod_finalid_econ": purpose,
                "val_liquidac_tit_acr": amount,
            }
            for number, (purpose, amount) in enumerate(
                [("Corrente", "60.00"), ("Dólar", "12.00"), ("Fiscal", "60.00")]
            )
        ],
        "aprop_ctbl_acr": [
            {
                "cod_estab": "01",
                "num_id_movto_tit_acr": 1,
                "num_id_aprop_ctbl_acr": number,
                "cod_cta_ctbl": account,
                "val_aprop_ctbl": "60.00",
                "ind_natur_lancto_ctbl": side,
                "dat_transacao": POSTED,
            }
            for number, (account, side) in enumerate([("11101", "DB"), ("11201", "CR")])
        ],
        "movto_cta_corren": [
            {
                "num_id_movto_cta_corren": 7,
                "cod_cta_corren": "0001",
                "dat_transacao": POSTED,
                "ind_fluxo_movto_cta_corren": "ENT",
                "ind_tip_movto_cta_corren": "RE",
                "val_movto_cta_corren": "60.00",
            },
        ],
    }
    return keys


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("datasul"), erp="datasul")


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
    "pre_note": ("Sincronizado", "pre_nota", None),
    "key_with_prefix": ("Sincronizado", "classificada", None),
    "key_in_char_1": ("Sincronizado", "classificada", None),
    "key_blank": ("Não sincronizado", None, "wrong_access_key"),
    "amount": ("Sincronizado", "classificada", "amount_differs"),
    "missing": ("Não sincronizado", None, "missing_in_erp"),
    "cte": ("Sincronizado", "classificada", None),
    "issued": ("Sincronizado", "lancada", None),
    "cancelled": ("Não sincronizado", None, "cancelled_in_erp_authorised_at_sefaz"),
    "cancelled_by_situation": ("Não sincronizado", None, "cancelled_in_erp_authorised_at_sefaz"),
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


def test_keys_are_those_of_the_contract(world: World, cases: dict[str, str]) -> None:
    found = dict(world.query("select document_access_key, erp_document_key from marts.erp_documents"))
    assert found[cases["posted"]] == f"datasul|docum-est|1|{cases['posted'][27:34]}|1|1102AA"
    assert found[cases["issued"]] == f"datasul|nota-fiscal|01|1|{cases['issued'][27:34]}"
    assert len(found) == len(EXPECTED) - 1


def test_nothing_was_refused(world: World, cases: dict[str, str]) -> None:
    assert world.query("select stream, reason, detail from quality.quarantine") == []
    assert world.query("select stream, message from quality.extractions where status = 'error'") == []


def test_a_settlement_counts_once(cases: dict[str, str], warehouse: duckdb.DuckDBPyConnection) -> None:
    titles = warehouse.execute(
        "select erp_document_key, is_open, open_amount, settled_on from intermediate.int_titles__unioned"
    ).fetchall()
    assert [(key, is_open, str(amount), day) for key, is_open, amount, day in titles] == [
        (f"datasul|nota-fiscal|01|1|{cases['issued'][27:34]}", True, "40.00", None)
    ]
    movements = warehouse.execute(
        "select title_key, kind, principal_amount, bank_movement_key"
        " from intermediate.int_title_movements__unioned"
    ).fetchall()
    assert [(title, kind, str(amount), bank) for title, kind, amount, bank in movements] == [
        ("datasul|tit_acr|01|10", "settlement", "60.00", "datasul|movto_cta_corren|7")
    ]
    banked = warehouse.execute(
        "select movement_key, title_key, signed_amount::varchar from intermediate.int_bank_movements__unioned"
    ).fetchall()
    assert banked == [("datasul|movto_cta_corren|7", "datasul|tit_acr|01|10", "60.00")]


def test_both_sides_of_a_posting_lead_to_its_movement(warehouse: duckdb.DuckDBPyConnection) -> None:
    entries = warehouse.execute(
        "select ledger_account, side, signed_amount::varchar, origin_key"
        " from intermediate.int_ledger_entries__unioned order by all"
    ).fetchall()
    assert entries == [
        ("11101", "debit", "60.00", "datasul|movto_tit_acr|01|1"),
        ("11201", "credit", "-60.00", "datasul|movto_tit_acr|01|1"),
    ]
