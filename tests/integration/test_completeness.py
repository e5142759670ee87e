"""Control totals from source to mart of two ERPs side by side, and what a loss on the way does."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from confere.replayed import told
from dagster_project import session
from dagster_project.errors import RunFailed
from dagster_project.run import RunOutcome, replay_workspace, run_workspace
from ingestion.contracts import dbt_project_dir
from ingestion.workspace import read_workspace
from tests.integration.world import CARRIER, CUSTOMER, OURS, SUPPLIER, World

pytestmark = pytest.mark.slow

AUGUST = date(2026, 8, 10)
NORTH = CUSTOMER
CONFIGURATION = f"""
as_of: {{as_of}}
companies:
  - name: Aurora
    branches:
      - {{{{cnpj: "{OURS}", uf: SP, codes: {{{{protheus: "01"}}}}}}}}
    sync_activated_on: 2026-08-03
  - name: Norte
    branches:
      - {{{{cnpj: "{NORTH}", uf: SP, codes: {{{{protheus_norte: "01"}}}}}}}}
    sync_activated_on: 2026-08-03
sources:
  - {{{{name: protheus, system: protheus, company: "01", folder: exports/protheus}}}}
  - {{{{name: protheus_norte, system: protheus, company: "02", folder: exports/protheus_norte}}}}
  - {{{{name: xml, system: fiscal_xml, folder: inbox/xml}}}}
"""


def run(root: Path, **options: bool) -> RunOutcome:
    return run_workspace(read_workspace(root, environ={}), **options)


def two_companies(root: Path) -> tuple[World, World]:
    """Both number branches, records, partners and documents alike; each posts what the other has not."""
    south = World(root, configuration=CONFIGURATION)
    partner = {"A2_FILIAL": "", "A2_COD": "F1", "A2_LOJA": "01", "A2_CGC": CARRIER}
    north = World(
        root,
        erp="protheus_norte",
        configuration=CONFIGURATION,
        tables={"SA2": [partner], "SF1": [], "SF2": [], "SDS": []},
    )
    posted = south.nfe(7, on=AUGUST, issuer=SUPPLIER, recipient=OURS)
    south.sf1(posted)
    posted = south.nfe(7, on=AUGUST, issuer=CARRIER, recipient=NORTH, amount="300.00")
    north.sf1(posted, F1_VALBRUT="300.00")
    # gone, refused, of the future, twice in the same words, without a key
    north.sf1(south.nfe(8, on=AUGUST, issuer=CARRIER, recipient=NORTH), D_E_L_E_T_="*")
    north.sf1(south.nfe(9, on=AUGUST, issuer=CARRIER, recipient=NORTH), F1_VALICM="dezoito")
    north.sf1(south.nfe(10, on=AUGUST, issuer=CARRIER, recipient=NORTH), posted=date(2027, 3, 1))
    own = south.nfe(11, on=AUGUST, issuer=NORTH, recipient=OURS)
    north.sf2(own, posted=AUGUST)
    south.tables["SDS"] = [
        {
            "DS_FILIAL": "01",
            "DS_DOC": "1",
            "DS_SERIE": "1",
            "DS_FORNEC": "F1",
            "DS_LOJA": "01",
            "DS_CHAVENF": key,
        }
        | {"DS_VALMERC": "10.00", "D_E_L_E_T_": " ", "R_E_C_N_O_": number}
        for number, key in enumerate((own, "0001NFS"), start=1)
    ]
    # of no mart: homologação; the same bytes twice; a file that is no document
    south.nfe(12, on=AUGUST, environment="2")
    inbox = root / "inbox/xml"
    shutil.copy(inbox / f"{own}-nfe.xml", inbox / "again.xml")
    (inbox / "broken.xml").write_text('<nfeProc xmlns="http://www.portalfiscal.inf.br/nfe"><NFe>')
    south.write_tables()
    north.write_tables()
    return south, north


def test_all_that_came_is_found_at_every_stage(tmp_path: Path) -> None:
    south, _ = two_companies(tmp_path)
    run(tmp_path)

    verdicts = """
        select source, stream, source_rows, quarantine_rows, store_rows, staged_rows, due_rows, mart_rows
        from quality.completeness_verdicts where lost_at is null and is_evaluable order by all"""
    assert south.query(verdicts) == [
        ("protheus", "SA1", 1, 0, 1, 1, None, None),
        ("protheus", "SA2", 3, 0, 3, 3, None, None),
        # the key of a service is none: the row is in the store and no entity
        ("protheus", "SDS", 2, 0, 2, 1, None, None),
        ("protheus", "SF1", 1, 0, 1, 1, 1, 1),
        ("protheus_norte", "SA2", 1, 0, 1, 1, None, None),
        ("protheus_norte", "SF1", 3, 1, 2, 2, 1, 1),
        ("protheus_norte", "SF2", 1, 0, 1, 1, 1, 1),
        ("xml", "documents", None, None, 7, 7, 6, 6),
        ("xml", "files", 16, 1, 14, None, None, None),
        ("xml", "protocols", None, None, 7, 7, None, None),
    ]
    assert south.query("select count(*) from quality.completeness_verdicts where lost_at is not null") == [
        (0,)
    ]
    # the same totals in the long table, and the same keys wherever the same rows are
    assert south.query(
        "select stage, row_count, amount_total from quality.completeness"
        " where source = 'protheus_norte' and stream = 'SF1' order by stage"
    ) == [
        ("due", 1, Decimal("300.00")),
        ("mart", 1, Decimal("300.00")),
        ("quarantine", 1, Decimal("100.00")),
        ("source", 3, Decimal("500.00")),
        ("staged", 2, Decimal("400.00")),
        ("store", 2, Decimal("400.00")),
    ]
    assert south.query(
        "select count(distinct key_hash) from quality.completeness"
        " where source = 'protheus_norte' and stream = 'SF2' and stage <> 'quarantine'"
    ) == [(1,)]

    # two ERPs with the same branch, record and document numbers
    assert south.query(
        "select source, erp_document_key, company_cnpj, amount, matched_by from marts.erp_documents"
        " where direction = 'inbound' and not is_deleted order by source"
    ) == [
        ("protheus", "protheus|SF1|01|000000007|1|F1|01|N", OURS, Decimal("100.00"), "access_key"),
        (
            "protheus_norte",
            "protheus_norte|SF1|01|000000007|1|F1|01|N",
            NORTH,
            Decimal("300.00"),
            "access_key",
        ),
    ]


def test_refused_records_are_told_and_taken_again(tmp_path: Path) -> None:
    south, _ = two_companies(tmp_path)
    run(tmp_path)

    rejected = """
        select connector, crosswalk ->> 'F1_DOC', errors ->> '$[0].column', staging_record ->> 'F1_VALICM',
            attempts, resolved_at is null, replay_command
        from quality.rejected_records order by connector"""
    command = "confere replay --source"
    assert south.query(rejected) == [
        (
            "protheus_norte",
            "000000009",
            "F1_VALICM",
            "dezoito",
            1,
            True,
            f"{command} protheus_norte --reason not_a_number",
        ),
        ("xml", None, None, None, 1, True, f"{command} xml --reason malformed_xml"),
    ]
    assert south.query("select bool_and(message_pt <> '') from quality.rejected_records") == [(True,)]

    outcome = replay_workspace(read_workspace(tmp_path, environ={}))
    assert outcome.replayed is not None
    assert told(outcome.replayed).splitlines() == [
        "taken again: 2; good now: 0; refused once more: 2",
        "  protheus_norte SF1: not_a_number 1",
        "  xml files: malformed_xml 1",
    ]
    with duckdb.connect(str(tmp_path / "warehouse/confere.duckdb"), read_only=True) as connection:
        assert connection.execute("select attempts from quality.quarantine").fetchall() == [(2,), (2,)]


def test_a_loss_on_the_way_stops_the_publication_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "workspace"
    south, _ = two_companies(root)
    run(root)
    project = tmp_path / "dbt"
    shutil.copytree(dbt_project_dir(), project, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(session, "dbt_project_dir", lambda: project)

    # a filter in staging, another in a mart, and a total of the source that the store does not reach
    tamper(
        project / "models/staging/protheus/base_protheus__inbound_documents.sql",
        "    from source\n",
        "    from source\n    where f1_doc <> '000000007'\n",
    )
    tamper(
        project / "models/marts/sync/erp_documents.sql",
        "select * from final",
        "select * from final where direction = 'inbound'",
    )
    # the mart's own test would see that first
    (project / "tests/assert_erp_amounts_tie_out.sql").unlink()
    with duckdb.connect(str(root / "warehouse/confere.duckdb")) as connection:
        connection.execute(
            "update quality.completeness set row_count = row_count + 2"
            " where source = 'protheus' and stream = 'SA2' and stage = 'source'"
        )
    with pytest.raises(RunFailed) as failed:
        run(root)
    for lost in (
        "lost protheus|SA2|store, lost_rows 2",
        "protheus_norte|SF2|mart",
        "protheus_norte|SF1|staged",
    ):
        assert lost in failed.value.what
    assert "lost_amount 300.00" in failed.value.what
    assert south.query("select count(*) from quality.runs") == [(1,)]
    with duckdb.connect(str(root / "warehouse/confere.duckdb"), read_only=True) as connection:
        assert connection.execute(
            "select source, stream, lost_at, lost_rows, lost_amount from quality.completeness_verdicts"
            " where lost_at is not null order by all"
        ).fetchall() == [
            ("protheus", "SA2", "store", 2, None),
            ("protheus", "SF1", "staged", 1, Decimal("100.00")),
            ("protheus_norte", "SF1", "staged", 1, Decimal("300.00")),
            ("protheus_norte", "SF2", "mart", 1, Decimal("100.00")),
        ]


def tamper(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_row_that_changed_into_a_bad_one_counts_where_its_last_version_lies(tmp_path: Path) -> None:
    south, north = two_companies(tmp_path)
    run(tmp_path)
    posted = next(row for row in north.tables["SF1"] if row["F1_VALBRUT"] == "300.00")
    posted["F1_VALBRUT"] = "trezentos"
    north.write_tables()
    run(tmp_path)
    assert south.query(
        "select source_rows, quarantine_rows, store_rows, held_rows, live_rows, staged_rows, mart_rows,"
        " lost_at"
        " from quality.completeness_verdicts where source = 'protheus_norte' and stream = 'SF1'"
    ) == [(3, 2, 1, 1, 2, 2, 1, None)]
