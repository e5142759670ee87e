"""A group that keeps its books in Logix, by native names: one installation with access keys, one without."""

from dataclasses import replace
from datetime import date

import duckdb
import pytest

from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion.workspace import read_workspace
from tests.integration.world import CARRIER, CUSTOMER, OTHER_BRANCH, OURS, SUPPLIER, World

pytestmark = pytest.mark.slow

AUGUST = date(2026, 8, 10)
ENTERED = date(2026, 8, 12)

# the carrier is a branch of ours, so that one world has both who issues a CT-e and who takes it
CONFIGURATION = f"""
as_of: {{as_of}}
companies:
  - name: Aurora
    branches:
      - {{{{cnpj: "{OURS}", uf: SP, code: "01"}}}}
      - {{{{cnpj: "{OTHER_BRANCH}", uf: AM, code: "02"}}}}
      - {{{{cnpj: "{CARRIER}", uf: SP, code: "03"}}}}
    sync_activated_on: 2026-08-03
sources:
  - {{{{name: logix, system: logix, folder: exports/logix}}}}
  - {{{{name: logix_old, system: logix, folder: exports/logix_old}}}}
  - {{{{name: xml, system: fiscal_xml, folder: inbox/xml}}}}
"""

# 0 and the punctuated CNPJ; the codes look like one and are none
SUPPLIERS = [
    {"cod_fornecedor": "F1             ", "raz_social": "Fornecedor", "num_cgc_cpf": "011.222.333/0001-81"},
    {
        "cod_fornecedor": "099999999999999",
        "raz_social": "Transportadora",
        "num_cgc_cpf": "060.746.948/0001-12",
    },
]
CUSTOMERS = [
    {"cod_cliente": "C1             ", "nom_cliente": "Cliente", "num_cgc_cpf": "045.723.174/0001-10"},
    {"cod_cliente": "011111111111111", "nom_cliente": "Filial 01", "num_cgc_cpf": "012.345.678/0001-95"},
]


class Logix:
    """The rows of one installation, by table."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, object]]] = {
            "fornecedor": [dict(row) for row in SUPPLIERS],
            "clientes": [dict(row) for row in CUSTOMERS],
        }
        self.numbers = iter(range(1, 1000))

    def add(self, table: str, **row: object) -> None:
        self.tables.setdefault(table, []).append(row)

    def received(
        self, key: str, *, branch: str = "01", written_key: str | None = None, **more: object
    ) -> int:
        """A row of nf_sup for the document of `key`, and in sup_par_ar the key as written, if it was."""
        cte = key[20:22] == "57"
        number = next(self.numbers)
        row: dict[str, object] = {
            "cod_empresa": branch,
            "num_aviso_rec": number,
            "num_nf": int(key[25:34]),
            "ser_nf": "1  ",
            "ssr_nf": 0,
            "ies_especie_nf": "CTE" if cte else "NFE",
            "cod_fornecedor": "099999999999999" if cte else "F1             ",
            "dat_emis_nf": AUGUST,
            "dat_entrada_nf": ENTERED,
            "val_tot_nf_c": "0.00",
            "val_tot_nf_d": "50.00" if cte else "100.00",
            "val_tot_icms_nf_d": "6.00" if cte else "18.00",
            "val_ipi_nf": "0.00",
            "ies_nf_com_erro": "N",
        }
        self.add("nf_sup", **row | more)
        if written_key is not None:
            self.add(
                "sup_par_ar",
                empresa=branch,
                aviso_recebto=number,
                seq_aviso_recebto=0,
                parametro="chav_aces_nf_eletr",
                parametro_texto=written_key,
            )
        return number

    def issued(self, key: str, *, branch: str = "01", with_key: bool = True, **more: object) -> int:
        """A row of fat_nf_mestre for the document of `key`, and its key in obf_nf_eletr."""
        cte = key[20:22] == "57"
        number = next(self.numbers)
        row: dict[str, object] = {
            "empresa": branch,
            "trans_nota_fiscal": number,
            "tip_nota_fiscal": "FATPRDSV",
            "serie_nota_fiscal": "1  ",
            "subserie_nf": 0,
            "espc_nota_fiscal": "CON" if cte else "NFE",
            "nota_fiscal": int(key[25:34]),
            "status_nota_fiscal": "F",
            "modelo_nota_fiscal": key[20:22],
            "sit_nota_fiscal": "N",
            "cliente": "C1             ",
            "dat_hor_emissao": "2026-08-10 10:00:00",
            "val_nota_fiscal": "50.00" if cte else "100.00",
        }
        self.add("fat_nf_mestre", **row | more)
        if with_key:
            self.add("obf_nf_eletr", empresa=branch, trans_nota_fiscal=number, chave_acesso=key)
        return number


def write(world: World, name: str, logix: Logix) -> None:
    """The tables of an installation as CSV files of the source `name`."""
    (world.root / "exports" / name).mkdir(parents=True, exist_ok=True)
    place = replace(world, erp=name)
    place.tables = logix.tables
    place.set_clock(world.as_of)
    place.write_tables()


def build(world: World) -> dict[str, tuple[str, str, str, str, str | None]]:
    """Every case: its key, the branch that must hold it, its role, and what must be said of it."""
    logix, old = Logix(), Logix()
    cases = {}
    number = iter(range(100, 1000))

    def case(
        name: str, key: str, said: str, cause: str | None, *, company: str = OURS, role: str = "recipient"
    ) -> str:
        cases[name] = (key, company, role, "Sincronizado" if said == "S" else "Não sincronizado", cause)
        return key

    def nfe(**parties: str) -> str:
        return world.nfe(next(number), on=AUGUST, **parties)

    def sale() -> str:
        return nfe(issuer=OURS, recipient=CUSTOMER)

    key = case("received", nfe(), "S", None)
    receipt = logix.received(key, written_key=key)
    logix.add(
        "aviso_rec",
        cod_empresa="01",
        num_aviso_rec=receipt,
        num_seq=1,
        cod_item="P1",
        cod_fiscal_item="1.102",
        val_liquido_item="100.00",
    )
    key = case("held_back", nfe(), "S", None)
    receipt = logix.received(key, written_key=key, ies_nf_com_erro="S")
    logix.add(
        "nf_sup_erro", empresa="01", num_aviso_rec=receipt, num_seq=0, des_pendencia_item="Falta consistir"
    )
    key = case("typed_wrong", nfe(), "N", "wrong_access_key")
    logix.received(key, written_key=key[:36] + ("1" if key[36] != "1" else "2") + key[37:])
    key = case("key_left_blank", nfe(), "N", "wrong_access_key")
    logix.received(key)
    case("missing", nfe(), "N", "missing_in_erp")
    key = case("declared_amount_differs", nfe(), "S", "amount_differs")
    logix.received(key, written_key=key, val_tot_nf_d="90.00", val_tot_nf_c="100.00")
    key = case("receipt_cancelled", nfe(), "N", "deleted_in_erp")
    receipt = logix.received(key, written_key=key)
    logix.add("aviso_rec_compl", cod_empresa="01", num_aviso_rec=receipt, ies_situacao="C")

    key = case("sold", sale(), "S", None, role="issuer")
    transaction = logix.issued(key)
    logix.add(
        "fat_mestre_fiscal",
        empresa="01",
        trans_nota_fiscal=transaction,
        tributo_benef="ICMS",
        val_tributo_tot="18.00",
    )
    logix.add(
        "fat_nf_integr",
        empresa="01",
        trans_nota_fiscal=transaction,
        sit_nota_fiscal="N",
        status_integr_obf="I",
        dat_hor_integr_obf="2026-08-10 11:00:00",
        status_intg_contab="P",
        status_intg_creceb="I",
        status_intg_est="I",
    )
    logix.add(
        "fat_nf_duplicata",
        empresa="01",
        trans_nota_fiscal=transaction,
        seq_duplicata=1,
        val_duplicata="100.00",
        dat_vencto_sdesc=date(2026, 9, 10),
        docum_cre="100A",
        empresa_cre="01",
    )
    logix.add(
        "docum",
        cod_empresa="01",
        num_docum="100A",
        ies_tip_docum="DP",
        cod_cliente="C1",
        dat_emis=AUGUST,
        val_bruto="100.00",
        val_saldo="35.00",
        ies_situa_docum="N",
        ies_pgto_docum="P",
    )
    logix.add(
        "docum_pgto",
        cod_empresa="01",
        num_docum="100A",
        ies_tip_docum="DP",
        num_seq_docum=1,
        dat_pgto=date(2026, 9, 10),
        val_pago="60.00",
        val_desc_conc="3.00",
        val_abat="2.00",
    )
    key = case("tax_differs", sale(), "S", "tax_differs", role="issuer")
    transaction = logix.issued(key)
    logix.add(
        "fat_nf_item_fisc",
        empresa="01",
        trans_nota_fiscal=transaction,
        seq_item_nf=1,
        tributo_benef="ICMS",
        val_tributo_tot="17.00",
    )
    key = case("only_solicited", sale(), "N", "missing_in_erp", role="issuer")
    logix.issued(key, status_nota_fiscal="S", tip_nota_fiscal="SOLPRDSV")
    key = case("cancelled_here", sale(), "N", "cancelled_in_erp_authorised_at_sefaz", role="issuer")
    logix.issued(key, sit_nota_fiscal="C", dat_hor_cancel="2026-08-11 09:00:00")

    carried = {"company": CARRIER, "role": "issuer"}
    key = case("cte_issued", world.cte(next(number), on=AUGUST, taker=CUSTOMER), "S", None, **carried)
    logix.issued(key, branch="03")
    # the counter-entry of a substitution bears the CT-e's number and is no posting of it (S004-31)
    logix.received(key, branch="03", ies_especie_nf="NFD", cod_fornecedor="C1", written_key=None)
    key = case(
        "cte_not_issued", world.cte(next(number), on=AUGUST, taker=CUSTOMER), "N", "missing_in_erp", **carried
    )
    key = case("cte_taken", world.cte(next(number), on=AUGUST, taker=OURS), "S", None, role="taker")
    logix.received(key, written_key=key)
    case("cte_of_one_branch_for_another", key, "S", None, **carried)
    logix.issued(key, branch="03", cliente="011111111111111")

    logix.add(
        "ap",
        cod_empresa="01",
        num_ap=3,
        num_versao=1,
        ies_versao_atual="N",
        val_nom_ap="70.00",
        cod_fornecedor="F1",
    )
    logix.add(
        "ap",
        cod_empresa="01",
        num_ap=3,
        num_versao=2,
        ies_versao_atual="S",
        val_nom_ap="75.00",
        cod_fornecedor="F1",
    )
    logix.add(
        "lanc_cont_cap",
        cod_empresa="01",
        num_ad_ap=3,
        ies_ad_ap="2",
        num_seq=1,
        ies_tipo_lanc="D",
        num_conta_cont="2.1",
        val_lanc="75.00",
        dat_lanc=AUGUST,
    )
    logix.add(
        "ctb_lanc_ctbl_cap",
        empresa="01",
        periodo_contab="202608",
        segmto_periodo="01",
        sequencia_registro=1,
        cta_deb="2.1",
        cta_cre="1.1",
        val_lancto="75.00",
        dat_movto=AUGUST,
        num_ad_ap=3,
        eh_ad_ap="2",
    )

    # the old installation has no place for keys: number, series and issuer are proof there
    there = {"company": OTHER_BRANCH}
    key = case("keyless_received", nfe(recipient=OTHER_BRANCH), "S", None, **there)
    old.received(key, branch="02")
    key = case("keyless_amount", nfe(recipient=OTHER_BRANCH), "S", "amount_differs", **there)
    old.received(key, branch="02", val_tot_nf_d="99.00")
    case("keyless_missing", nfe(recipient=OTHER_BRANCH), "N", "missing_in_erp", **there)
    key = case(
        "keyless_cte",
        world.cte(next(number), on=AUGUST, taker=OTHER_BRANCH),
        "S",
        None,
        role="taker",
        **there,
    )
    old.received(key, branch="02")
    case("keyless_cte_of_the_other_installation", key, "S", None, **carried)
    logix.issued(key, branch="03")
    key = nfe(issuer=OTHER_BRANCH, recipient=CUSTOMER)
    case("keyless_sold", key, "S", None, role="issuer", **there)
    old.issued(key, branch="02", with_key=False)

    write(world, "logix_old", old)
    write(world, "logix", logix)
    return cases


Cases = dict[str, tuple[str, str, str, str, str | None]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(
        tmp_path_factory.mktemp("logix"),
        erp="logix",
        as_of="2026-10-30T23:59:59Z",
        configuration=CONFIGURATION,
    )


@pytest.fixture(scope="module")
def cases(world: World) -> Cases:
    cases = build(world)
    run_workspace(read_workspace(world.root, environ={}), progress=LoggedProgress())
    return cases


def in_warehouse(world: World, sql: str) -> list[tuple[object, ...]]:
    """What the warehouse holds of entities that no mart shows yet."""
    with duckdb.connect(str(world.root / "warehouse/confere.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_document_is_judged_as_its_case_says(world: World, cases: Cases) -> None:
    found = {
        (key, company, role): (status, cause)
        for key, company, role, status, cause in world.query(
            "select access_key, company_cnpj, company_role, sync_status, cause from marts.sync_status"
        )
    }
    judged = {name: found.get((key, company, role)) for name, (key, company, role, _, _) in cases.items()}
    assert judged == {name: (status, cause) for name, (_, _, _, status, cause) in cases.items()}


def test_mismatches_are_those_and_no_others(world: World, cases: Cases) -> None:
    found = world.query(
        "select cause, entity_key, company_cnpj from marts.mismatches where resolved_at is null"
    )
    expected = {(cause, key, company) for key, company, _, _, cause in cases.values() if cause}
    assert sorted(found) == sorted(expected)


def test_stages_and_keys_are_those_of_logix(world: World, cases: Cases) -> None:
    stages = dict(world.query("select access_key, erp_stage from marts.sync_status where is_expected"))
    assert stages[cases["received"][0]] == "lancada"
    assert stages[cases["held_back"][0]] == "bloqueada"
    documents = {
        key: (model, matched_by, cause)
        for key, model, matched_by, cause in world.query(
            "select erp_document_key, model, matched_by, cause from marts.erp_documents"
        )
    }
    assert documents["logix|nf_sup|01|1"] == ("55", "access_key", None)
    assert documents["logix_old|nf_sup|02|1"] == ("55", "number", None)
    assert [value for key, value in documents.items() if "|03|" in key and "nf_sup" in key] == [
        (None, "none", None)
    ]
    # the solicitation is in the store, and no document
    [(stored,)] = in_warehouse(world, "select count(*) from raw_logix.fat_nf_mestre")
    assert stored == 1 + len([key for key in documents if "fat_nf_mestre" in key])


def test_what_no_mart_shows_yet_is_in_the_entities(world: World, cases: Cases) -> None:
    assert in_warehouse(
        world,
        "select title_key, side, amount::varchar, open_amount::varchar, erp_document_key is not null,"
        " partner_tax_id from intermediate.int_titles__unioned order by title_key",
    ) == [
        ("logix|ap|01|3", "payable", "75.00", "75.00", False, SUPPLIER),
        ("logix|docum|01|100A|DP", "receivable", "100.00", "35.00", True, CUSTOMER),
    ]
    # what the payments took is what the balance lacks
    assert in_warehouse(
        world,
        "select title_key, sum(balance_effect * principal_amount)::varchar"
        " from intermediate.int_title_movements__unioned group by title_key",
    ) == [("logix|docum|01|100A|DP", "-65.00")]
    assert in_warehouse(
        world,
        "select side, ledger_account, signed_amount::varchar, origin_key"
        " from intermediate.int_ledger_entries__unioned order by side",
    ) == [("credit", "1.1", "-75.00", "logix|ap|01|3"), ("debit", "2.1", "75.00", "logix|ap|01|3")]
    sold = in_warehouse(
        world,
        "select leg, state from intermediate.int_integration_states__unioned"
        " where native_status is not null and erp_document_key = ("
        "select erp_document_key from intermediate.int_titles__unioned where side = 'receivable')"
        " order by leg",
    )
    assert sold == [
        ("contabilidade", "pending"),
        ("contas_a_receber", "done"),
        ("estoque", "done"),
        ("livros_fiscais", "done"),
        ("vendas", "done"),
    ]
    assert in_warehouse(world, "select cfop from intermediate.int_erp_document_items__unioned") == [("1102",)]


def test_nothing_is_lost_on_the_way(world: World, cases: Cases) -> None:
    assert world.query("select source, reason from quality.quarantine") == []
    assert world.query("select source, stream, message from quality.extractions where status = 'error'") == []
