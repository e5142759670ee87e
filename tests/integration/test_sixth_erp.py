"""An ERP that nobody has heard of, added by the blocks of docs/how_to/add_a_source_system.md alone."""

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.integration.world import World

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how_to/add_a_source_system.md"
AUGUST = date(2026, 8, 10)


@pytest.fixture
def software(tmp_path: Path) -> Path:
    """The software with Acme ERP in it: one folder of dbt and one row of its project."""
    for package in ("confere", "ingestion", "dagster_project", "simulation", "dbt"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("target", "logs", "__pycache__")
        )
    blocks = re.findall(r"```(yaml|sql)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    sources, row, model, descriptions = (text for _, text in blocks)
    folder = tmp_path / "dbt/models/staging/acme"
    folder.mkdir()
    (folder / "_acme__sources.yml").write_text(sources, encoding="utf-8")
    (folder / "stg_acme__fiscal_documents.sql").write_text(model, encoding="utf-8")
    (folder / "_acme__models.yml").write_text(descriptions, encoding="utf-8")
    project = tmp_path / "dbt/dbt_project.yml"
    text = project.read_text(encoding="utf-8")
    project.write_text(
        text.replace("  source_systems:\n", f"  source_systems:\n    {row.strip()}\n"), encoding="utf-8"
    )
    return tmp_path


def test_a_sixth_erp_is_a_folder_and_a_row(software: Path, tmp_path: Path) -> None:
    world = World(tmp_path / "workspace", erp="acme")
    posted, other_amount, missing = (world.nfe(number, on=AUGUST) for number in (1, 2, 3))
    world.tables["INVOICE"] = [
        {"BRANCH": "01", "NUMBER": key[25:34], "SERIES": "1", "SUPPLIER": "F1", "ACCESS_KEY": key,
         "POSTED": AUGUST, "TOTAL": total}
        for key, total in ((posted, "100.00"), (other_amount, "90.00"))
    ]  # fmt: skip
    world.write_tables()
    ran = subprocess.run(
        [sys.executable, "-m", "confere.cli", "run", str(world.root)],
        cwd=software,
        env={**os.environ, "PYTHONPATH": str(software)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert world.query(
        "select access_key, source, erp_document_key, erp_stage, sync_status, cause from marts.sync_status"
        " where company_role = 'recipient' order by access_key"
    ) == sorted(
        [
            (posted, "acme", "acme|INVOICE|01|000000001|1|F1", "lancada", "Sincronizado", None),
            (
                other_amount,
                "acme",
                "acme|INVOICE|01|000000002|1|F1",
                "lancada",
                "Sincronizado",
                "amount_differs",
            ),
            (missing, "acme", None, None, "Não sincronizado", "missing_in_erp"),
        ]
    )
