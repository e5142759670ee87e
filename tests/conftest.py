"""Fixtures of every suite: the dbt manifest, parsed once."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The dbt manifest of the checkout."""
    from dbt.cli.main import dbtRunner

    target = tmp_path_factory.mktemp("dbt")
    os.environ.setdefault("CONFERE_WAREHOUSE", str(target / "warehouse.duckdb"))
    arguments = ["--project-dir", str(ROOT / "dbt"), "--profiles-dir", str(ROOT / "dbt")]
    result = dbtRunner().invoke(
        ["--quiet", "parse", *arguments, "--target-path", str(target), "--log-path", str(target)]
    )
    assert result.success, result.exception
    return json.loads((target / "manifest.json").read_text(encoding="utf-8"))
