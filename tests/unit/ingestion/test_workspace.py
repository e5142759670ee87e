"""confere.yml: what it may say, and the file, line and key of what it must not."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError
from ingestion.fiscal.optional_checks import CHECKS
from ingestion.workspace import (
    DEADLINES,
    TOLERANCES,
    Workspace,
    init_workspace,
    parse_as_of,
    read_workspace,
)

FULL = """\
as_of: 2026-11-30T23:59:59Z
companies:
  - name: Comercial Aurora
    branches:
      - {cnpj: "12345678000195", uf: SP, code: "01  "}
      - {cnpj: "12345678000276", uf: PR, codes: {protheus: "02", winthor: "2"}}
    sync_activated_on: 2026-01-05
  - {name: Aurora Norte, branches: [{cnpj: 12ABC34501DE35, uf: PA}]}
sources:
  - {name: protheus, system: protheus, company: "01", url: "${PROTHEUS_URL}"}
  - {name: winthor, system: winthor, folder: exports/winthor, allow_empty: [pcprest], inflow: C}
  - {name: xml, system: fiscal_xml, folder: inbox/xml}
contracts:
  - {company: Comercial Aurora, product: mais_negocios, payment: antecipacao, starts_on: 2026-01-05,
     every_days: 15, roll: next_business_day, ticket_business_days: 5, fee_percent: "3.00"}
  - {company: Aurora Norte, branch: 12ABC34501DE35, product: antecipa, payment: contravencimento}
accounts:
  - {rule: R1, role: transitoria, account: "1.1.0.10.3020120", bank: {code: ANT, agency: ANT, account: A1}}
  - {rule: R3, role: duplicatas_a_receber, account: "1.1.0.10.301", company: Aurora Norte, source: winthor}
deadlines: {posting_days: 3}
tolerances: {document: 0.05}
"""

MINIMAL = """\
companies: []
sources:
  - {name: xml, system: fiscal_xml, folder: inbox/xml}
"""


def read(root: Path, text: str, **environ: str) -> Workspace:
    (root / "confere.yml").write_text(text, encoding="utf-8")
    return read_workspace(root, environ=environ)


def test_everything_that_may_be_said(tmp_path: Path) -> None:
    workspace = read(tmp_path, FULL)
    assert workspace.as_of == datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    aurora, norte = workspace.companies
    assert aurora.sync_activated_on == date(2026, 1, 5)
    assert norte.sync_activated_on is None
    assert [branch.code_in("winthor") for branch in aurora.branches] == ["01", "2"]
    assert [branch.code_in("xml") for branch in aurora.branches] == ["01", None]
    protheus, winthor, xml = workspace.sources
    assert (protheus.company, protheus.folder, winthor.url) == ("01", None, None)
    assert (winthor.folder, winthor.allow_empty, winthor.inflow) == (
        tmp_path.resolve() / "exports" / "winthor",
        frozenset({"pcprest"}),
        "C",
    )
    assert workspace.source("xml") is xml
    advance, due = workspace.contracts
    assert (advance.starts_on, advance.every_days, advance.fee_percent) == (
        date(2026, 1, 5),
        15,
        Decimal("3.00"),
    )
    assert (due.branch, due.every_days) == ("12ABC34501DE35", None)
    transit, receivables = workspace.accounts
    assert transit.bank is not None
    assert transit.bank.agency == "ANT"
    assert (receivables.company, receivables.source) == ("Aurora Norte", "winthor")
    assert workspace.deadlines == {**DEADLINES, "posting_days": 3}
    assert workspace.tolerances == {**TOLERANCES, "document": Decimal("0.05")}


def test_defaults(tmp_path: Path) -> None:
    workspace = read(tmp_path, MINIMAL)
    assert workspace.as_of is None
    assert workspace.deadlines["queue_hours"] == 4
    assert workspace.tolerances["title"] == Decimal("0.01")
    assert workspace.warehouse_path == tmp_path.resolve() / "warehouse" / "confere.duckdb"
    assert workspace.published_path == tmp_path.resolve() / "published" / "marts.duckdb"


def test_a_new_workspace_can_be_read_and_is_never_made_twice(tmp_path: Path) -> None:
    path = init_workspace(tmp_path / "new")
    workspace = read_workspace(path.parent, environ={})
    assert [source.name for source in workspace.sources] == ["xml"]
    assert (path.parent / "inbox" / "supplier").is_dir()
    with pytest.raises(ConfigurationError, match="nothing was changed"):
        init_workspace(tmp_path / "new")


def test_what_the_new_workspace_shows_in_comments_is_right(tmp_path: Path) -> None:
    text = init_workspace(tmp_path).read_text(encoding="utf-8")
    # what is no prose: `# key:` at the margin, and `#` before an indented line
    shown = re.sub(r"^# (?=[a-z_]+:)|^#(?=  )", "", text, flags=re.MULTILINE).replace(
        "companies: []", "companies:"
    )
    other = '- {name: protheus, system: protheus, company: "01", folder: exports/protheus}'
    assert other in shown
    workspace = read(tmp_path, shown.replace(other, ""))
    assert [company.name for company in workspace.companies] == ["Comercial Aurora"]
    assert [source.name for source in workspace.sources] == ["xml", "protheus", "winthor"]
    assert (len(workspace.contracts), len(workspace.accounts)) == (1, 1)
    assert workspace.as_of is not None
    assert workspace.deadlines == DEADLINES
    assert workspace.tolerances == TOLERANCES
    assert set(workspace.checks) == set(CHECKS)


@pytest.mark.parametrize(
    ("said", "on"),
    [
        ("", set()),
        ("checks: {signatures: true}", {"signatures"}),
        ("checks: {signatures: no, schemas: yes}", {"schemas"}),
    ],
)
def test_checks_are_off_until_they_are_switched_on(tmp_path: Path, said: str, on: set[str]) -> None:
    workspace = read(tmp_path, f"companies: []\nsources: []\n{said}\n")
    assert set(workspace.checks) == on


def test_a_switched_on_check_keeps_its_place(tmp_path: Path) -> None:
    workspace = read(tmp_path, "companies: []\nsources: []\nchecks:\n  schemas: true\n")
    place = workspace.checks["schemas"]
    assert (place.line, place.key) == (4, "checks.schemas")


@pytest.mark.parametrize(
    ("said", "message"),
    [("signature: true", "unknown key"), ("signatures: 1", "true or false"), ("signatures: [yes]", "true")],
)
def test_a_switch_is_true_or_false(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as error:
        read(tmp_path, f"companies: []\nsources: []\nchecks:\n  {said}\n")
    assert error.value.line == 4


def test_a_secret_is_resolved_at_use_and_never_shown(tmp_path: Path) -> None:
    workspace = read(tmp_path, FULL, PROTHEUS_URL="postgresql://u:s3cret@h/d")
    url = workspace.sources[0].url
    assert url is not None
    assert url.reveal() == "postgresql://u:s3cret@h/d"
    for shown in (repr(workspace), str(url), repr(url), f"{url}"):
        assert "s3cret" not in shown
        assert "PROTHEUS_URL" not in shown


def test_a_secret_that_is_not_set_is_named_at_use(tmp_path: Path) -> None:
    url = read(tmp_path, FULL).sources[0].url
    assert url is not None
    with pytest.raises(ConfigurationError, match="PROTHEUS_URL is not set") as error:
        url.reveal()
    assert (error.value.line, error.value.key) == (10, "sources[0].url")


def test_codes_go_by_source_and_else_by_system(tmp_path: Path) -> None:
    text = """\
companies:
  - name: Aurora
    branches:
      - {cnpj: "12345678000195", uf: SP, codes: {winthor: "1", matriz: "7"}}
      - {cnpj: "12345678000276", uf: PR, codes: {protheus: "02", protheus_sul: "03"}}
sources:
  - {name: matriz, system: winthor, folder: a}
  - {name: filial, system: winthor, folder: b}
  - {name: protheus, system: protheus, folder: c}
  - {name: protheus_sul, system: protheus, folder: d}
  - {name: protheus_norte, system: protheus, folder: e}
"""
    first, second = read(tmp_path, text).companies[0].branches
    assert dict(first.codes) == {"matriz": "7", "filial": "1"}
    # the name of a source means that source and no other, whatever its system is called
    assert dict(second.codes) == {"protheus": "02", "protheus_sul": "03"}


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "message"),
    [
        ("deadlines:", "deadline:", 20, "deadline", "unknown key"),
        ("uf: SP", "state: SP, uf: SP", 5, "companies[0].branches[0].state", "unknown key"),
        ("uf: SP, ", "", 5, "companies[0].branches[0].uf", "is missing"),
        ("uf: SP", "uf: XX", 5, "companies[0].branches[0].uf", "unknown state 'XX'"),
        ("12345678000195", "12345678000194", 5, "companies[0].branches[0].cnpj", "is no CNPJ"),
        ("12345678000195", "12.345.678/0001-95", 5, "companies[0].branches[0].cnpj", "is no CNPJ"),
        ('"12345678000195"', "12345678000195", 5, "companies[0].branches[0].cnpj", "between quotes"),
        ("12ABC34501DE35", '"12345678000195"', 8, "companies[1].branches[0].cnpj", "line 5 already"),
        ("name: Aurora Norte", "name: Comercial Aurora", 8, "companies[1].name", "line 3 already"),
        (
            'protheus: "02"',
            'sap: "02"',
            6,
            "companies[0].branches[1].codes.sap",
            "no source has the name sap",
        ),
        ('protheus: "02"', 'protheus: "01"', 6, "companies[0].branches[1].codes", "line 5 already"),
        ('code: "01  "', "code: 01", 5, "companies[0].branches[0].code", "between quotes"),
        ("uf: PR, codes", 'uf: PR, code: "1", codes', 6, "companies[0].branches[1].codes", "not both"),
        (
            "2026-01-05\n  - {name",
            "05/01/2026\n  - {name",
            7,
            "companies[0].sync_activated_on",
            "is not a date",
        ),
        ("[{cnpj: 12ABC34501DE35, uf: PA}]", "[]", 8, "companies[1].branches", "at least one branch"),
        ("[{cnpj: 12ABC34501DE35, uf: PA}]", "PA", 8, "companies[1].branches", "must be a list"),
        (
            "as_of: 2026-11-30T23:59:59Z",
            "as_of: 2026-11-30T23:59:59",
            1,
            "as_of",
            "neither a date nor an instant",
        ),
        ("system: winthor", "system: sap", 11, "sources[1].system", "unknown system 'sap'"),
        ("name: winthor", "name: protheus", 11, "sources[1].name", "line 10 already"),
        ("name: winthor", 'name: "a|b"', 11, "sources[1].name", "part of every key"),
        ("${PROTHEUS_URL}", "postgresql://u:p@h/d", 10, "sources[0].url", "holds a password"),
        ("${PROTHEUS_URL}", "odbc+progress:DSN=d;UID=u;PWD=p", 10, "sources[0].url", "holds a password"),
        ("${PROTHEUS_URL}", "postgresql://h/d?user=u&password=p", 10, "sources[0].url", "holds a password"),
        (", folder: inbox/xml", ', url: "${X}"', 12, "sources[2].url", "read from a folder"),
        (", folder: inbox/xml", "", 12, "sources[2].name", "needs folder"),
        (", folder: exports/winthor", "", 11, "sources[1].name", "either url or folder"),
        ("allow_empty: [pcprest]", "allow_empty: pcprest", 11, "sources[1].allow_empty", "must be a list"),
        ("inflow: C", "inflow: X", 11, "sources[1].inflow", "unknown mark"),
        (
            "company: Comercial Aurora",
            "company: Boreal",
            14,
            "contracts[0].company",
            "unknown company 'Boreal'",
        ),
        ("branch: 12ABC", "branch: 99ABC", 16, "contracts[1].branch", "unknown branch of Aurora Norte"),
        ("product: antecipa,", "product: antecipo,", 16, "contracts[1].product", "unknown product"),
        (" starts_on: 2026-01-05,", "", 14, "contracts[0].payment", "needs starts_on"),
        ("every_days: 15", "every_days: 0", 15, "contracts[0].every_days", "at least 1"),
        ("every_days: 15", "every_days: x", 15, "contracts[0].every_days", "not a whole number"),
        ("roll: next_business_day", "roll: next", 15, "contracts[0].roll", "unknown roll"),
        ('fee_percent: "3.00"', "fee_percent: 3.001", 15, "contracts[0].fee_percent", "at most two decimals"),
        ("role: transitoria", "role: transit", 18, "accounts[0].role", "unknown role"),
        ("rule: R1", "rule: R9", 18, "accounts[0].rule", "unknown rule"),
        ("agency: ANT, ", "", 18, "accounts[0].bank.agency", "is missing"),
        ("source: winthor", "source: sap", 19, "accounts[1].source", "unknown source"),
        ('account: "1.1.0.10.301"', "account: ", 19, "accounts[1].account", "single value"),
        ("posting_days: 3", "posting_day: 3", 20, "deadlines.posting_day", "unknown key"),
        ("posting_days: 3", "posting_days: -3", 20, "deadlines.posting_days", "not a whole number"),
        ("document: 0.05", "document: 0.001", 21, "tolerances.document", "at most two decimals"),
        ("document: 0.05", "document: [1]", 21, "tolerances.document", "single value"),
        ("document: 0.05", "document: 0.05, document: 0.05", 21, "tolerances.document", "stands twice"),
    ],
)
def test_what_must_not_be_said(tmp_path: Path, old: str, new: str, line: int, key: str, message: str) -> None:
    assert old in FULL
    with pytest.raises(ConfigurationError, match=message) as error:
        read(tmp_path, FULL.replace(old, new, 1))
    assert (error.value.line, error.value.key) == (line, key)
    assert str(error.value).startswith(f"{tmp_path.resolve() / 'confere.yml'}:{line}: {key}: ")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "is empty"),
        ("companies: []\n", 1, "sources: is missing"),
        ("- a\n", 1, "must be a mapping"),
        ("companies: [\n", 2, "is not YAML"),
        ("companies: &a []\nsources: *b\n", 2, "is not YAML"),
    ],
)
def test_a_file_that_is_no_settings(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as error:
        read(tmp_path, text)
    assert error.value.line == line


def test_a_file_that_is_not_utf8_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="confere init"):
        read_workspace(tmp_path, environ={})
    (tmp_path / "confere.yml").write_bytes("companies: São".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read_workspace(tmp_path, environ={})


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-30T23:59:59Z", datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-30T23:59:59-03:00", datetime(2026, 12, 1, 2, 59, 59, tzinfo=UTC)),
        ("2026-11-30", datetime(2026, 12, 1, 2, 59, 59, tzinfo=UTC)),
    ],
)
def test_an_as_of_is_an_instant_or_a_day(text: str, instant: datetime) -> None:
    assert parse_as_of(text) == instant


@pytest.mark.parametrize("text", ["2026-11-30T23:59:59", "30/11/2026", "2026-11-31", "now", ""])
def test_any_other_as_of_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|neither a date"):
        parse_as_of(text)


def test_a_code_claimed_for_a_source_is_nobody_elses_there(tmp_path: Path) -> None:
    text = """\
companies:
  - name: Aurora
    branches: [{cnpj: "12345678000195", uf: SP, code: "01"}]
  - name: Boreal
    branches: [{cnpj: "11222333000181", uf: PR, codes: {prot2: "01"}}]
sources:
  - {name: prot1, system: protheus, company: "01", folder: exports/prot1}
  - {name: prot2, system: protheus, company: "02", folder: exports/prot2}
"""
    (tmp_path / "confere.yml").write_text(text, encoding="utf-8")
    assert list(read_workspace(tmp_path, environ={}).branch_codes()) == [
        ("prot1", "01", "12345678000195"),
        ("prot2", "01", "11222333000181"),
    ]
