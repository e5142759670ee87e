"""Every ERP of the simulated group: its notes tell the truth, its titles, banks and ledger hold together."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from simulation_erps_reading import NOTES, money, read_table
from simulation_reading import find_mismatches

from simulation import SampleReport, SimulationError, generate
from simulation.erp import SYSTEMS
from simulation.erp.tables import columns
from simulation.faults import PLANTERS

ERPS = tuple(SYSTEMS)
Amounts = tuple[Decimal, Decimal]


@pytest.fixture(scope="session")
def mixed_world(tmp_path_factory: pytest.TempPathFactory) -> SampleReport:
    return generate(tmp_path_factory.mktemp("mixed") / "world", documents=900, faults="all", erps=ERPS)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The same clean world, kept by one ERP alone."""
    made: dict[str, Path] = {}

    def world(erp: str) -> Path:
        if erp not in made:
            target = tmp_path_factory.mktemp(erp) / "world"
            made[erp] = generate(target, documents=500, seed=7, faults="none", erps=(erp,)).target
        return made[erp]

    return world


def truth(world: SampleReport) -> set[tuple[str, str, str, str]]:
    rows = pq.read_table(world.target / "truth" / "faults.parquet").to_pylist()
    return {(row["cause"], row["entity_type"], row["entity_key"], row["company_cnpj"]) for row in rows}


# --- who keeps what, and what is planted where


def test_branches_are_dealt_out_in_turn(mixed_world: SampleReport) -> None:
    settings = yaml.safe_load((mixed_world.target / "confere.yml").read_text(encoding="utf-8"))
    codes = [branch["codes"] for company in settings["companies"] for branch in company["branches"]]
    assert codes == [
        {"protheus": "0101"}, {"winthor": "2"}, {"logix": "03"}, {"datasul": "201"}, {"rm": "5"},
    ]  # fmt: skip
    assert [source["system"] for source in settings["sources"]] == [*ERPS, "fiscal_xml"]


def test_one_erp_alone_keeps_every_branch(worlds: Callable[[str], Path]) -> None:
    settings = yaml.safe_load((worlds("rm") / "confere.yml").read_text(encoding="utf-8"))
    codes = [branch["codes"]["rm"] for company in settings["companies"] for branch in company["branches"]]
    assert codes == ["1", "2", "3", "4", "5"]
    branches = read_table(worlds("rm") / "exports" / "rm", "GFILIAL")
    assert {(row["CODCOLIGADA"], row["CODFILIAL"]) for row in branches} == {
        (1, 1), (1, 2), (1, 3), (2, 4), (2, 5),
    }  # fmt: skip


def test_the_truth_of_a_mixed_world_is_what_a_plain_reading_finds(mixed_world: SampleReport) -> None:
    assert find_mismatches(mixed_world.target) == truth(mixed_world)


@pytest.mark.parametrize("erp", ERPS)
def test_the_truth_holds_for_one_erp_alone(tmp_path: Path, erp: str) -> None:
    world = generate(tmp_path / "world", documents=600, seed=2, erps=(erp,))
    assert find_mismatches(world.target) == truth(world)


@pytest.mark.parametrize("erp", ERPS)
def test_a_clean_world_has_no_mismatch_in_any_erp(worlds: Callable[[str], Path], erp: str) -> None:
    assert find_mismatches(worlds(erp)) == set()


def test_every_cause_is_planted_in_every_erp_that_shows_it(tmp_path: Path) -> None:
    world = generate(tmp_path / "world", documents=1_500, faults="all", erps=ERPS)
    notes = {note.entity_key: note for erp in ERPS for note in NOTES[erp](world.target / "exports" / erp)}
    settings = yaml.safe_load((world.target / "confere.yml").read_text(encoding="utf-8"))
    keepers = {
        branch["cnpj"]: next(iter(branch["codes"]))
        for company in settings["companies"]
        for branch in company["branches"]
    }
    planted = defaultdict(set)
    for cause, entity_type, key, cnpj in truth(world):
        planted[cause].add(keepers[cnpj])
        if entity_type == "erp_document":
            assert not notes[key].is_deleted
    shows = {
        cause: {
            system.name
            for system in SYSTEMS.values()
            if any(not system.blindness(cause, variant.name) for variant in planter.variants)
        }
        for cause, planter in PLANTERS.items()
    }
    assert planted == shows


def test_what_no_erp_of_the_world_shows_is_left_out_of_all(tmp_path: Path) -> None:
    world = generate(tmp_path / "world", documents=300, erps=("datasul",))
    assert not {"deleted_in_erp", "tax_differs", "queued_not_extracted"} & world.faults.keys()


@pytest.mark.parametrize(
    ("erp", "cause", "reason"),
    [
        ("datasul", "deleted_in_erp", "datasul: what is taken out of docum-est is gone"),
        ("rm", "tax_differs", "rm: TMOV holds no taxes"),
        ("logix", "wrong_access_key", "logix: notes carry no access key"),
    ],
)
def test_a_fault_that_was_asked_for_and_shows_nowhere_is_refused(
    tmp_path: Path, erp: str, cause: str, reason: str
) -> None:
    with pytest.raises(SimulationError, match=reason):
        generate(tmp_path / "world", documents=300, erps=(erp,), faults={cause: 1})


def test_an_erp_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="only once"):
        generate(tmp_path / "world", documents=10, erps=("rm", "rm"))


def test_blind_spots_name_what_can_be_planted() -> None:
    known = {(cause, variant.name) for cause, planter in PLANTERS.items() for variant in planter.variants}
    for system in SYSTEMS.values():
        spots = [(spot.cause, variant) for spot in system.blind_spots for variant in spot.variants]
        assert set(spots) <= known
        assert len(set(spots)) == len(spots)


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    first, second = (
        {
            path.relative_to(target): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(target.rglob("*"))
            if path.is_file()
        }
        for target in (
            generate(tmp_path / name, documents=120, seed=4, erps=ERPS).target for name in ("a", "b")
        )
    )
    assert first == second


# --- titles: those of a note sum to it, and what is open is what was not settled


def _protheus(folder: Path) -> tuple[list[Amounts], list[Amounts]]:
    notes, titles = [], []
    open_titles: dict[tuple[str, ...], list[Decimal]] = defaultdict(list)
    for row in _live(read_table(folder, "SE1")):
        key = (row["E1_FILIAL"], row["E1_PREFIXO"], row["E1_NUM"], row["E1_CLIENTE"], row["E1_LOJA"])
        open_titles[key].append(money(row["E1_VALOR"]))
    for row in _live(read_table(folder, "SF2")):
        if row["F2_DUPL"] and row["F2_FIMP"] != "D":
            key = (row["F2_FILIAL"], row["F2_PREFIXO"], row["F2_DUPL"], row["F2_CLIENTE"], row["F2_LOJA"])
            notes.append((money(row["F2_VALFAT"]), sum(open_titles[key], Decimal())))
    documents = {row["FK7_CHAVE"]: row["FK7_IDDOC"] for row in read_table(folder, "FK7")}
    undone, paid = set(), defaultdict(Decimal)
    accessories = defaultdict(Decimal)
    for row in read_table(folder, "FK6"):
        accessories[row["FK6_IDORIG"]] += money(row["FK6_VALMOV"]) * (1 if row["FK6_TPDOC"] == "JR" else -1)
    settled = read_table(folder, "FK1")
    undone = {(row["FK1_IDDOC"], row["FK1_SEQ"]) for row in settled if row["FK1_TPDOC"] == "ES"}
    for row in settled:
        if (row["FK1_IDDOC"], row["FK1_SEQ"]) not in undone:
            paid[row["FK1_IDDOC"]] += money(row["FK1_VALOR"]) - accessories[row["FK1_IDFK1"]]
    for row in _live(read_table(folder, "SE1")):
        key = "|".join((
            f"{row['E1_FILIAL']:<4}", f"{row['E1_PREFIXO']:<3}", f"{row['E1_NUM']:<9}", row["E1_PARCELA"],
            f"{row['E1_TIPO']:<3}", f"{row['E1_CLIENTE']:<6}", row["E1_LOJA"],
        ))  # fmt: skip
        titles.append((money(row["E1_SALDO"]), money(row["E1_VALOR"]) - paid[documents[key]]))
    return notes, titles


def _winthor(folder: Path) -> tuple[list[Amounts], list[Amounts]]:
    titles = [row for row in read_table(folder, "PCPREST") if row["DTCANCEL"] is None]
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for row in titles:
        totals[row["NUMTRANSVENDA"]] += row["VALOR"]
    sales = read_table(folder, "PCNFSAID")
    notes = [
        (row["VLTOTAL"], totals[row["NUMTRANSVENDA"]]) for row in sales if row["NUMTRANSVENDA"] in totals
    ]
    moved = {row["NUMTRANS"]: row["VALOR"] for row in read_table(folder, "PCMOVCR")}
    paid = [row for row in titles if row["DTPAG"]]
    # A title is paid or it is not: what was left over is another title.
    assert all(moved[row["NUMTRANS"]] == row["VPAGO"] for row in paid)
    assert len({row["NUMTRANS"] for row in paid}) == len(paid)
    due = [(row["VPAGO"], row["VALOR"] + (row["TXPERM"] or 0) - (row["VALORDESC"] or 0)) for row in paid]
    assert {row["PREST"] for row in titles} > {"1", "2", "A"}
    assert len({(row["NUMTRANSVENDA"], row["PREST"]) for row in titles}) == len(titles)
    return notes, due


def _logix(folder: Path) -> tuple[list[Amounts], list[Amounts]]:
    totals: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    previews = read_table(folder, "fat_nf_duplicata")
    titles = {
        (row["cod_empresa"], row["num_docum"]): row
        for row in read_table(folder, "docum")
        if row["ies_situa_docum"] == "N"
    }
    for row in previews:
        if title := titles.get((row["empresa_cre"], row["docum_cre"])):
            totals[row["empresa"], row["trans_nota_fiscal"]] += title["val_bruto"]
    invoices = [row for row in read_table(folder, "fat_nf_mestre") if row["status_nota_fiscal"] == "F"]
    notes = [
        (row["val_nota_fiscal"], totals[row["empresa"], row["trans_nota_fiscal"]])
        for row in invoices
        if (row["empresa"], row["trans_nota_fiscal"]) in totals
    ]
    paid: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in read_table(folder, "docum_pgto"):
        paid[row["cod_empresa"], row["num_docum"]] += row["val_pago"] + row["val_desc_conc"] + row["val_abat"]
    return notes, [(row["val_saldo"], row["val_bruto"] - paid[key]) for key, row in titles.items()]


def _datasul(folder: Path) -> tuple[list[Amounts], list[Amounts]]:
    titles = [row for row in read_table(folder, "tit_acr") if row["log_tit_acr_estordo"] == "no"]
    totals: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in titles:
        totals[row["cod_estab"], row["cod_ser_docto"], row["cod_tit_acr"]] += money(row["val_origin_tit_acr"])
    notes = [
        (money(row["vl-tot-nota"]), totals[row["cod-estabel"], row["serie"], row["nr-nota-fis"]])
        for row in read_table(folder, "nota-fiscal")
        if (row["cod-estabel"], row["serie"], row["nr-nota-fis"]) in totals
    ]
    movements = {
        (row["cod_estab"], row["num_id_movto_tit_acr"]): row["num_id_tit_acr"]
        for row in read_table(folder, "movto_tit_acr")
        if row["ind_trans_acr_abrev"] == "LIQ" and row["log_movto_estordo"] == "no"
    }
    paid: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    purposes = Counter[str]()
    for row in read_table(folder, "val_movto_tit_acr"):
        purposes[row["cod_finalid_econ"]] += 1
        title = movements.get((row["cod_estab"], row["num_id_movto_tit_acr"]))
        if title and row["cod_finalid_econ"] == "Corrente":
            paid[row["cod_estab"], title] += money(row["val_liquidac_tit_acr"])
    assert purposes["Corrente"] == purposes["Dolar"]
    return notes, [
        (
            money(row["val_sdo_tit_acr"]),
            money(row["val_origin_tit_acr"]) - paid[row["cod_estab"], row["num_id_tit_acr"]],
        )
        for row in titles
    ]


def _rm(folder: Path) -> tuple[list[Amounts], list[Amounts]]:
    entries = [
        row for row in read_table(folder, "FLAN")
        if row["PAGREC"] == 1 and row["STATUSLAN"] != 2 and row["NFOUDUP"] == 0
    ]  # fmt: skip
    totals: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for row in entries:
        totals[row["CODCOLIGADA"], row["IDMOV"]] += row["VALORORIGINAL"]
    notes = [
        (row["VALORLIQUIDO"], totals[row["CODCOLIGADA"], row["IDMOV"]])
        for row in read_table(folder, "TMOV")
        if (row["CODCOLIGADA"], row["IDMOV"]) in totals
    ]
    paid: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for row in read_table(folder, "FLANBAIXA"):
        paid[row["CODCOLIGADA"], row["IDLAN"]] += row["VALORBAIXA"]
    for row in entries:
        due = row["VALORORIGINAL"] + row["VALORJUROS"] - row["VALORDESCONTO"] - row["VALORBAIXADO"]
        assert (due == 0) is (row["STATUSLAN"] == 1)
    return notes, [(row["VALORBAIXADO"], paid[row["CODCOLIGADA"], row["IDLAN"]]) for row in entries]


TITLES = {"protheus": _protheus, "winthor": _winthor, "logix": _logix, "datasul": _datasul, "rm": _rm}


def _live(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["D_E_L_E_T_"] != "*"]


@pytest.mark.parametrize("erp", ERPS)
def test_titles_sum_to_their_note_and_settlements_to_what_is_paid(
    worlds: Callable[[str], Path], erp: str
) -> None:
    notes, titles = TITLES[erp](worlds(erp) / "exports" / erp)
    assert len(notes) > 50
    assert [pair for pair in notes if pair[0] != pair[1]] == []
    assert len(titles) > 50
    assert [pair for pair in titles if pair[0] != pair[1]] == []


def test_every_erp_is_owed_the_same(worlds: Callable[[str], Path]) -> None:
    owed = {erp: sum(pair[1] for pair in TITLES[erp](worlds(erp) / "exports" / erp)[0]) for erp in ERPS}
    assert len(set(owed.values())) == 1, owed


# --- banks


def test_the_banks_of_the_protheus_hold_what_moved(worlds: Callable[[str], Path]) -> None:
    folder = worlds("protheus") / "exports" / "protheus"
    signs = {"R": 1, "P": -1}
    of_fk5: dict[str, Decimal] = defaultdict(Decimal)
    for row in read_table(folder, "FK5"):
        of_fk5[row["FK5_FILIAL"]] += signs[row["FK5_RECPAG"]] * money(row["FK5_VALOR"])
    of_se5: dict[str, Decimal] = defaultdict(Decimal)
    movements = read_table(folder, "SE5")
    for row in movements:
        if row["E5_TIPODOC"] in {"VL", "ES"} and row["E5_SITUACA"] != "C":
            of_se5[row["E5_FILIAL"]] += signs[row["E5_RECPAG"]] * money(row["E5_VALOR"])
    last = {row["E8_FILIAL"]: money(row["E8_SALATUA"]) for row in read_table(folder, "SE8")}
    now = {row["A6_CONTA"][-2:]: money(row["A6_SALATU"]) for row in read_table(folder, "SA6")}
    assert of_se5 == of_fk5 == last
    assert sorted(now.values()) == sorted(last.values())
    # Both ways of taking back occur, and rows that only tell of interest or discount.
    assert {row["E5_SITUACA"] for row in movements} == {"", "C"}
    assert {row["E5_TIPODOC"] for row in movements} == {"VL", "ES", "JR", "DC"}
    assert all((row["E5_SITUACA"] == "C") is bool(row["E5_DTCANBX"]) for row in movements)


def test_the_banks_of_the_winthor_hold_what_moved(worlds: Callable[[str], Path]) -> None:
    folder = worlds("winthor") / "exports" / "winthor"
    moved: dict[int, Decimal] = defaultdict(Decimal)
    rows = read_table(folder, "PCMOVCR")
    for row in rows:
        moved[row["CODBANCO"]] += row["VALOR"] if row["TIPO"] == "D" else -row["VALOR"]
    assert moved == {row["CODBANCO"]: row["VALOR"] for row in read_table(folder, "PCESTCR")}
    assert len({(row["NUMTRANS"], row["NUMSEQ"]) for row in rows}) == len(rows)
    undone = {row["NUMTRANSEST"] for row in rows if row["ESTORNO"] == "S"}
    assert undone
    assert undone < {row["NUMTRANS"] for row in rows}


def test_the_banks_of_datasul_and_rm_hold_what_was_settled(worlds: Callable[[str], Path]) -> None:
    folder = worlds("datasul") / "exports" / "datasul"
    signs = {"ENT": 1, "SAI": -1}
    moved = sum(
        signs[row["ind_fluxo_movto_cta_corren"]] * money(row["val_movto_cta_corren"])
        for row in read_table(folder, "movto_cta_corren")
    )
    settled = sum(
        money(row["val_movto_tit_acr"])
        for row in read_table(folder, "movto_tit_acr")
        if row["ind_trans_acr_abrev"] == "LIQ" and row["log_movto_estordo"] == "no"
    )
    assert moved == settled > 0
    folder = worlds("rm") / "exports" / "rm"
    of_accounts = {(row["CODCOLIGADA"], row["IDXCX"]): row["VALOR"] for row in read_table(folder, "FXCX")}
    settlements = read_table(folder, "FLANBAIXA")
    assert len(of_accounts) == len(settlements)
    assert all(abs(of_accounts[row["CODCOLIGADA"], row["IDXCX"]]) == row["VALORBAIXA"] for row in settlements)


# --- ledgers


def test_the_ledger_of_the_protheus_is_its_balances_and_traced(worlds: Callable[[str], Path]) -> None:
    folder = worlds("protheus") / "exports" / "protheus"
    entries = read_table(folder, "CT2")
    of_entries: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    for row in entries:
        if row["CT2_TPSALD"] == "1":
            place = (row["CT2_FILIAL"], row["CT2_DATA"])
            if row["CT2_DC"] in "13":
                of_entries[*place, row["CT2_DEBITO"], row["CT2_MOEDLC"]][0] += money(row["CT2_VALOR"])
            if row["CT2_DC"] in "23":
                of_entries[*place, row["CT2_CREDIT"], row["CT2_MOEDLC"]][1] += money(row["CT2_VALOR"])
    daily = read_table(folder, "CQ1")
    assert of_entries == {
        (row["CQ1_FILIAL"], row["CQ1_DATA"], row["CQ1_CONTA"], row["CQ1_MOEDA"]): [
            money(row["CQ1_DEBITO"]), money(row["CQ1_CREDIT"]),
        ]
        for row in daily
    }  # fmt: skip
    assert sum(a for a, _ in of_entries.values()) == sum(b for _, b in of_entries.values()) > 0
    monthly = read_table(folder, "CQ0")
    for side in ("DEBITO", "CREDIT"):
        of_days = sum(money(row[f"CQ1_{side}"]) for row in daily)
        assert sum(money(row[f"CQ0_{side}"]) for row in monthly) == of_days
    assert {row["CT2_DC"] for row in entries} == {"1", "2", "3", "4"}
    assert {row["CT2_TPSALD"] for row in entries} == {"1", "9"}
    assert {row["CT2_MOEDLC"] for row in entries} == {"01", "02"}
    columns = ("FILIAL", "DATA", "LOTE", "SBLOTE", "DOC", "LINHA", "TPSALD", "EMPORI", "FILORI", "MOEDLC")
    keys = {tuple(row[f"CT2_{column}"] for column in columns) for row in entries}
    assert len(keys) == len(entries)
    records = {str(row["R_E_C_N_O_"]): row for row in entries}
    origins = {table: len(read_table(folder, table)) for table in ("SF1", "SF2", "SE5")}
    for trace in read_table(folder, "CV3"):
        assert money(trace["CV3_VLR01"]) == money(records[trace["CV3_RECDES"]]["CT2_VALOR"])
        assert 1 <= int(trace["CV3_RECORI"]) <= origins[trace["CV3_TABORI"]]
    chart = {row["CT1_CONTA"] for row in read_table(folder, "CT1") if row["CT1_CLASSE"] == "2"}
    assert {key[2] for key in of_entries} <= chart


@pytest.mark.parametrize(
    ("erp", "table", "number", "side", "amount", "is_counted"),
    [
        ("winthor", "PCLANCAMENTO", "NUMLANCTO", "NATUREZA", "VALOR", lambda row: row["EXCLUIDO"] == "N"),
        ("logix", "lanc_cont_cap", "num_ad_ap", "ies_tipo_lanc", "val_lanc", lambda _: True),
        ("datasul", "aprop_ctbl_acr", "num_id_movto_tit_acr", "ind_natur_lancto_ctbl", "val_aprop_ctbl",
         lambda _: True),
    ],
)  # fmt: skip
def test_debits_are_credits(
    worlds: Callable[[str], Path],
    erp: str,
    table: str,
    number: str,
    side: str,
    amount: str,
    is_counted: Callable[[dict[str, Any]], bool],
) -> None:
    rows = read_table(worlds(erp) / "exports" / erp, table)
    balances: dict[Any, Decimal] = defaultdict(Decimal)
    for row in filter(is_counted, rows):
        place = row.get("cod_empresa") or row.get("cod_estab"), row.get("ies_ad_ap"), row[number]
        balances[place] += money(row[amount]) * (1 if row[side].startswith("D") else -1)
    assert len(balances) > 50
    assert set(balances.values()) == {Decimal()}


def test_a_trace_of_the_winthor_leads_to_its_operation(worlds: Callable[[str], Path]) -> None:
    folder = worlds("winthor") / "exports" / "winthor"
    keys = {
        "PCNFSAID": {(row["NUMTRANSVENDA"], None) for row in read_table(folder, "PCNFSAID")},
        "PCNFENT": {(row["NUMTRANSENT"], None) for row in read_table(folder, "PCNFENT")},
        "PCPREST": {(row["NUMTRANSVENDA"], row["PREST"]) for row in read_table(folder, "PCPREST")},
        "PCLANC": {(row["RECNUM"], None) for row in read_table(folder, "PCLANC")},
    }
    legs = {row["NUMTRANSLANCTO"]: row for row in read_table(folder, "PCLANCAMENTO")}
    seen = Counter[str]()
    for row in read_table(folder, "PCLANCINTERMEDIARIA"):
        assert (row["CHAVEGESTAO"], row["CHAVEGESTAOAUX"]) in keys[row["TABELAGESTAO"]]
        assert legs[row["NUMTRANSPCLANCAMENTO"]]["VALOR"] == row["VALOR"]
        seen[row["TABELAGESTAO"]] += 1
    assert seen.keys() == keys.keys()
    assert {row["EXCLUIDO"] for row in legs.values()} == {"S", "N"}


# --- what is native to each


def test_the_winthor_stores_as_winthor_does(mixed_world: SampleReport, tmp_path: Path) -> None:
    folder = generate(tmp_path / "world", documents=700, erps=("winthor",)).target / "exports" / "winthor"
    sales = read_table(folder, "PCNFSAID")
    assert {row["SITUACAONFE"] for row in sales} == {100, 101, 302}
    cancelled = [row for row in sales if row["DTCANCEL"]]
    assert {row["VLTOTAL"] == 0 for row in cancelled} == {True, False}
    entries = read_table(folder, "PCNFENT")
    assert {row["MODELO"] for row in entries} == {"55", "57", "99", "01"}
    assert all(row["CHAVECTE"] for row in entries if row["PROTOCOLODESACORDOCTE"])
    assert any(row["PROTOCOLODESACORDOCTE"] for row in entries)
    queue = read_table(folder, "PCW2C_QUEUE")
    assert {row["STATUS"] for row in queue} == {"S", "P", "F"}
    sent = [row for row in queue if row["DTENVIO"]]
    waits = {table: [r["DTENVIO"] - r["DTINCLUSAO"] for r in sent if r["TABELA"] == table] for table in
             ("PCPEDC", "PCPREST")}  # fmt: skip
    assert max(waits["PCPEDC"]).total_seconds() < 600
    assert max(waits["PCPREST"]).total_seconds() > 3_600


def test_the_logix_stores_as_logix_does(worlds: Callable[[str], Path]) -> None:
    folder = worlds("logix") / "exports" / "logix"
    stored = pq.read_table(folder / "fat_nf_mestre.parquet").to_pylist()
    assert {len(row["cliente"]) for row in stored} == {15}
    assert {len(row["serie_nota_fiscal"]) for row in stored} == {3}
    assert {row["status_nota_fiscal"] for row in stored} == {"F", "S"}
    assert {row["sit_nota_fiscal"] for row in stored} == {"N", "C"}
    payments = read_table(folder, "ap")
    current = [row for row in payments if row["ies_versao_atual"] == "S"]
    assert len({(row["cod_empresa"], row["num_ap"]) for row in payments}) == len(current) < len(payments)
    owed = {(row["cod_empresa"], row["num_ad"]): row["val_tot_nf"] for row in read_table(folder, "ad_mestre")}
    amounts = {(row["cod_empresa"], row["num_ap"]): row["val_nom_ap"] for row in current}
    authorised: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for row in read_table(folder, "ad_ap"):
        authorised[row["cod_empresa"], int(row["num_ad"])] += amounts[row["cod_empresa"], int(row["num_ap"])]
    assert authorised == owed
    assert all(row["cod_fiscal_item"][1] == "." for row in read_table(folder, "aviso_rec"))


def test_the_datasul_stores_as_datasul_does(worlds: Callable[[str], Path]) -> None:
    folder = worlds("datasul") / "exports" / "datasul"
    text = (folder / "docum-est.csv").read_text(encoding="utf-8")
    assert "serie-docto;nro-docto;cod-emitente;nat-operacao" in text
    entries = read_table(folder, "docum-est")
    assert {row["ce-atual"] for row in entries} == {"yes", "no"}
    keys = {(r["serie-docto"], r["nro-docto"], r["cod-emitente"], r["nat-operacao"]) for r in entries}
    assert len(keys) == len(entries)
    exits = read_table(folder, "nota-fiscal")
    assert {row["dt-cancela"] == "?" for row in exits} == {True, False}
    assert all((row["dt-cancela"] != "?") is (row["idi-sit-nf-eletro"] == "6") for row in exits)
    titles = read_table(folder, "tit_acr")
    assert {row["dat_liquidac_tit_acr"] for row in titles if row["log_sdo_tit_acr"] == "yes"} == {
        "9999-12-31"
    }


def test_the_rm_stores_as_rm_does(worlds: Callable[[str], Path]) -> None:
    folder = worlds("rm") / "exports" / "rm"
    movements = read_table(folder, "TMOV")
    assert {row["CODTMV"][:3] for row in movements} == {"1.1", "1.2", "2.1", "2.2"}
    assert {row["STATUS"] for row in movements if row["CODTMV"][:3] == "1.2"} == {"A", "B", "C", "F"}
    assert len({(row["CODCOLIGADA"], row["IDMOV"]) for row in movements}) == len(movements)
    # Movements are numbered anew in each coligada.
    assert len({row["IDMOV"] for row in movements}) < len(movements)
    entries = read_table(folder, "FLAN")
    assert {row["NFOUDUP"] for row in entries} == {0, 1}
    assert {row["STATUSLAN"] for row in entries} == {0, 1, 2, 4}


def test_columns_are_read_from_words() -> None:
    read = columns("a-b:3 c d#4 e@d")
    assert [(column.name, column.kind, column.width, column.scale) for column in read] == [
        ("a-b", "C", 3, 2), ("c", "N", 0, 2), ("d", "N", 0, 4), ("e", "D", 0, 2),
    ]  # fmt: skip
