"""What readers do with a publication: the queries that the READMEs show, the reports of a simulated group."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from confere.publication import open_publication
from confere.reports import ReportFilters, export_report
from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion.workspace import Workspace, read_workspace
from simulation import generate
from simulation.faults import PLANTERS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
QUERIES = [
    pytest.param(query, id=f"{page}:{number}")
    for page in ("README.md", "README.pt-BR.md")
    for number, query in enumerate(
        re.findall(r"```sql\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL), start=1
    )
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("simulated") / "workspace"
    # one of each, and of what waits in a queue all four ways
    faults = dict.fromkeys(PLANTERS, 1) | {"queued_not_extracted": 4}
    generate(root, documents=150, months=3, seed=20, faults=faults)
    workspace = read_workspace(root, environ={})
    run_workspace(workspace, progress=LoggedProgress())
    return workspace


def one(workspace: Workspace, sql: str) -> Any:
    with open_publication(workspace.published_path) as connection:
        ((value,),) = connection.execute(sql).fetchall()
        return value


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_of_the_readmes_finds_something(workspace: Workspace, query: str) -> None:
    with open_publication(workspace.published_path) as connection:
        assert connection.execute(query).fetchall() != []


def test_workbook_holds_every_row_and_every_cent(workspace: Workspace, tmp_path: Path) -> None:
    to = tmp_path / "sync.xlsx"
    outcome = export_report(workspace, "sync", columns=["access_key", "document_amount"], to=to)
    rows = list(openpyxl.load_workbook(to, read_only=True)["Dados"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == outcome.rows == one(workspace, "select count(*) from marts.sync_status")
    cents = sum(round(amount * 100) for _, amount in rows)
    assert cents == one(workspace, "select cast(sum(document_amount) * 100 as bigint) from marts.sync_status")


def test_hash_of_the_rows_can_be_recomputed_by_a_query(workspace: Workspace, tmp_path: Path) -> None:
    columns = ["access_key", "company_cnpj", "company_role", "sync_status", "cause", "document_amount"]
    outcome = export_report(workspace, "sync", columns=columns, to=tmp_path / "sync.csv")
    by_query = one(
        workspace,
        """
        select sha256(string_agg(
            concat_ws(chr(31), s.access_key, s.company_cnpj, role.label, s.sync_status,
                      coalesce(s.cause, ''), coalesce(cast(s.document_amount as varchar), '')) || chr(10),
            '' order by d.issue_date nulls last, s.access_key, s.company_cnpj, s.company_role
        ))
        from marts.sync_status as s
        left join marts.documents as d on s.access_key = d.access_key
        inner join (values
            ('issuer', 'Emitente'), ('recipient', 'Destinatário'), ('taker', 'Tomador'),
            ('sender', 'Remetente'),
            ('dispatcher', 'Expedidor'), ('receiver', 'Recebedor'), ('carrier', 'Transportador'),
            ('authorised', 'Autorizado ao XML')
        ) as role (code, label) on s.company_role = role.code
        """,
    )
    assert outcome.rows_sha256 == by_query


@pytest.mark.parametrize("detail", ["document", "item", "tax"])
def test_every_level_of_detail_comes_from_the_published_marts(
    workspace: Workspace, tmp_path: Path, detail: str
) -> None:
    to = tmp_path / "sync.csv"
    outcome = export_report(workspace, "sync", detail=detail, to=to)
    with to.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.reader(handle, delimiter=";"))
    assert len(rows) - 1 == outcome.rows >= one(workspace, "select count(*) from marts.sync_status")


def test_zip_holds_the_xml_of_what_is_missing_as_it_came(workspace: Workspace, tmp_path: Path) -> None:
    to = tmp_path / "sync.zip"
    outcome = export_report(workspace, "sync", filters=ReportFilters(statuses=("Não sincronizado",)), to=to)
    with zipfile.ZipFile(to) as bundle:
        names = [name for name in bundle.namelist() if name.endswith(".xml")]
        facts = json.loads(bundle.read("manifest.json"))
        digests = {name[:44]: hashlib.sha256(bundle.read(name)).hexdigest() for name in names}
    assert len(names) == outcome.files == facts["files"] > 0
    with open_publication(workspace.published_path) as connection:
        wanted = connection.execute(
            """
            select distinct s.access_key, d.content_sha256
            from marts.sync_status as s
            inner join marts.documents as d on s.access_key = d.access_key
            where s.sync_status = 'Não sincronizado'
            """
        ).fetchall()
    assert digests == dict(wanted)
