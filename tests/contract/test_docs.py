"""The documentation against the tree: links that lead somewhere, and the list of SQL that only DuckDB has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

# how the architecture page names a construct, and how a model shows it
DUCKDB_ONLY = {
    "`* exclude`, `* replace`": r"\*\s+(?:exclude|replace)\b|\bexclude\s*\(",
    "`union all by name`": r"\bunion all by name\b",
    "`group by all`": r"\bgroup by all\b",
    "lists: `list(…)`, `unnest`, `list_filter`": r"\b(?:list|unnest|list_filter|list_transform)\(",
}
# nothing of these has a home yet
UNUSED = r"\bqualify\b|\basof\b"


def models() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "dbt/models").rglob("*.sql")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    broken = [
        target
        for target in targets
        if "://" not in target and not (page.parent / target.partition("#")[0]).resolve().exists()
    ]
    assert broken == []


@pytest.mark.parametrize("construct", DUCKDB_ONLY)
def test_sql_that_only_duckdb_has_is_listed(construct: str) -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| {construct} |"))
    listed = set(re.findall(r"\w+", row.split("|")[2]))
    used = {name for name, sql in models().items() if re.search(DUCKDB_ONLY[construct], _code(sql))}
    assert listed == used


def test_no_model_uses_what_no_other_engine_has_unlisted() -> None:
    assert [name for name, sql in models().items() if re.search(UNUSED, _code(sql))] == []


def _code(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql).lower()
