"""export_report through its public face: what is in each format, what the filters leave, what is refused."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from confere.publication import NothingPublished
from confere.reports import ReportError, ReportFilters, ReportRequestError, export_report
from confere.reports.catalogue import read_catalogue
from ingestion import archive

AURORA = "12345678000195"


def read_sheet(path: Path, name: str = "Dados") -> list[tuple[Any, ...]]:
    return [
        tuple(cell.value for cell in row)
        for row in openpyxl.load_workbook(path, read_only=False)[name].iter_rows()
    ]


def read_facts(path: Path) -> dict[str, Any]:
    return dict(read_sheet(path, "Informações"))


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.reader(handle, delimiter=";"))


def read_manifest(bundle: zipfile.ZipFile) -> list[dict[str, str]]:
    text = bundle.read("manifest.csv").decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))


def exported_keys(workspace: Any, to: Path, filters: ReportFilters) -> list[tuple[str, str]]:
    """Number and CNPJ of the rows that a filter leaves."""
    export_report(workspace, "sync", filters=filters, columns=["number", "company_cnpj"], to=to)
    return [tuple(row) for row in read_csv(to)[1:]]  # type: ignore[misc]


# Excel


def test_workbook_holds_every_row_with_typed_cells(workspace: Any, keys: list[str], tmp_path: Path) -> None:
    to = tmp_path / "sync.xlsx"
    columns = [
        "access_key",
        "issue_date",
        "synced_since",
        "document_amount",
        "amount_difference",
        "company_role",
    ]
    outcome = export_report(workspace, "sync", columns=columns, to=to)

    heading, *rows = read_sheet(to)
    assert heading == (
        "Chave de acesso",
        "Emissão",
        "Sincronizado desde",
        "Valor do documento",
        "Diferença",
        "Papel do CNPJ",
    )
    assert len(rows) == outcome.rows == 5
    # 02:30:15 UTC is the evening before in Brasília
    assert rows[1] == (
        keys[0],
        datetime(2026, 1, 5),  # noqa: DTZ001 - a cell of Excel has no zone
        datetime(2026, 1, 31, 23, 30, 15),  # noqa: DTZ001
        1000,
        -0.1,
        "Destinatário",
    )


def test_amounts_dates_and_keys_have_brazilian_formats(workspace: Any, tmp_path: Path) -> None:
    to = tmp_path / "sync.xlsx"
    export_report(workspace, "sync", columns=["access_key", "issue_date", "document_amount"], to=to)
    key, day, amount = openpyxl.load_workbook(to)["Dados"][2]
    assert (key.data_type, key.number_format) == ("s", "@")
    assert (day.is_date, day.number_format) == (True, "dd/mm/yyyy")
    assert amount.data_type == "n"
    assert amount.number_format.startswith("[$R$-416] #,##0.00")


def test_second_sheet_says_what_the_report_is(workspace: Any, tmp_path: Path) -> None:
    to = tmp_path / "sync.xlsx"
    filters = ReportFilters(companies=("12.345.678/0001-95",), issued_from=date(2026, 1, 1))
    outcome = export_report(workspace, "sync", filters=filters, to=to)
    facts = read_facts(to)
    assert openpyxl.load_workbook(to).sheetnames == ["Dados", "Informações"]
    assert facts["Relatório"] == "Sincronização ERP"
    assert facts["Nível de detalhe"] == "Documento"
    assert facts["Filtro: Empresas (CNPJ)"] == AURORA
    assert facts["Filtro: Emissão a partir de"] == "01/01/2026"
    assert facts["Posição em"] == "30/11/2026 20:59:59 (2026-11-30T23:59:59Z)"
    assert facts["Execução"] == "run-2"
    assert facts["Linhas"] == 3
    assert facts["SHA-256 das linhas"] == outcome.rows_sha256


def test_nothing_that_a_supplier_wrote_becomes_a_formula_or_a_link(workspace: Any, tmp_path: Path) -> None:
    with workspace.editing() as connection:
        connection.execute(
            "update marts.documents set recipient_name = 'https://example.com', issuer_id = '0123'"
        )
    to = tmp_path / "sync.xlsx"
    export_report(workspace, "sync", columns=["issuer_name", "recipient_name", "issuer_id"], to=to)
    sheet = openpyxl.load_workbook(to)["Dados"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert "=cmd|' /C calc'!A0" in {cell.value for cell in cells}


def test_rows_beyond_the_limit_of_a_sheet_go_to_the_next(
    workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confere.reports.xlsx_file.write_xlsx.__kwdefaults__", {"sheet_rows": 3})
    to = tmp_path / "sync.xlsx"
    export_report(workspace, "sync", columns=["number"], to=to)
    assert openpyxl.load_workbook(to).sheetnames == ["Dados", "Dados 2", "Dados 3", "Informações"]
    sheets = [read_sheet(to, name) for name in ("Dados", "Dados 2", "Dados 3")]
    assert [len(sheet) for sheet in sheets] == [3, 3, 2]
    assert {sheet[0] for sheet in sheets} == {("Número",)}
    assert [row[0] for sheet in sheets for row in sheet[1:]] == [11, 11, 12, 13, 14]


def test_the_same_request_gives_the_same_file(workspace: Any, tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    export_report(workspace, "sync", to=first)
    export_report(workspace, "sync", to=second)
    assert first.read_bytes() == second.read_bytes()


# CSV


def test_csv_is_what_excel_in_brazil_opens(workspace: Any, keys: list[str], tmp_path: Path) -> None:
    to = tmp_path / "sync.csv"
    columns = ["access_key", "issue_date", "synced_since", "document_amount", "sync_status"]
    export_report(workspace, "sync", columns=columns, to=to)
    lines = to.read_bytes().decode("utf-8").split("\r\n")
    assert lines[0] == "\ufeffChave de acesso;Emissão;Sincronizado desde;Valor do documento;Sincronização ERP"
    assert lines[1] == f"{keys[0]};05/01/2026;31/01/2026 23:30:15;1000,00;Sincronizado"
    assert lines[3] == f"{keys[1]};20/01/2026;;250,50;Não sincronizado"


def test_csv_neutralises_formulas_but_not_numbers(workspace: Any, tmp_path: Path) -> None:
    to = tmp_path / "sync.csv"
    export_report(workspace, "sync", columns=["issuer_name", "amount_difference"], to=to)
    assert read_csv(to)[1:] == [
        ["Comercial Aurora", "0,00"],
        ["Comercial Aurora", "-0,10"],
        ["'=cmd|' /C calc'!A0", ""],
        ["Transportes São João", "0,10"],
        ["'+Papéis & Cia", ""],
    ]


def test_manifest_beside_the_csv_holds_the_same_facts(workspace: Any, tmp_path: Path) -> None:
    to = tmp_path / "sync.csv"
    outcome = export_report(workspace, "sync", filters=ReportFilters(statuses=("Sincronizado",)), to=to)
    assert outcome.manifest == tmp_path / "sync.csv.manifest.json"
    facts = json.loads(outcome.manifest.read_text(encoding="utf-8"))
    assert facts["rows"] == 3
    assert facts["rows_sha256"] == outcome.rows_sha256
    assert facts["as_of"] == "2026-11-30T23:59:59Z"
    assert facts["run_id"] == "run-2"
    assert facts["filters"] == [{"title": "Sincronização ERP", "value": "Sincronizado"}]


# the hash


def test_hash_is_of_the_rows_whatever_the_format(workspace: Any, keys: list[str], tmp_path: Path) -> None:
    columns = ["access_key", "document_amount", "erp_amount", "issue_date", "synced_since"]
    filters = ReportFilters(access_keys=(keys[1], keys[2]))
    outcomes = [
        export_report(workspace, "sync", columns=columns, filters=filters, to=tmp_path / name)
        for name in ("sync.xlsx", "sync.csv")
    ]
    by_hand = (
        f"{keys[1]}\x1f250.50\x1f\x1f2026-01-20\x1f\n"
        f"{keys[2]}\x1f90.00\x1f90.10\x1f2026-02-10\x1f2026-01-31 23:30:15\n"
    )
    assert {outcome.rows_sha256 for outcome in outcomes} == {hashlib.sha256(by_hand.encode()).hexdigest()}


# filters


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ReportFilters(companies=("12345678",)), ["11", "11", "12", "13"]),
        (ReportFilters(companies=("12.345.678/0002-76",)), ["11"]),
        (ReportFilters(companies=("12345678000276", "22333444000181")), ["11", "14"]),
        (ReportFilters(roles=("taker", "issuer")), ["11", "13"]),
        (ReportFilters(statuses=("nao sincronizado",)), ["12", "14"]),
        (ReportFilters(causes=("rounding",)), ["13"]),
        (ReportFilters(causes=("amount_differs", "missing_in_erp")), ["11", "12", "13", "14"]),
        (ReportFilters(models=("57",)), ["13"]),
        (ReportFilters(issued_from=date(2026, 1, 20), issued_to=date(2026, 2, 10)), ["12", "13"]),
        (ReportFilters(ufs=("pr",)), ["12", "13"]),
        (ReportFilters(text="são joao"), ["13"]),
        (ReportFilters(text="papeis &"), ["14"]),
        (ReportFilters(text="protheus|SF1|01|12"), ["12"]),
        (ReportFilters(companies=("12345678",), statuses=("Sincronizado",), models=("55",)), ["11", "11"]),
        (ReportFilters(text="'; drop table marts.sync_status; --"), []),
    ],
)
def test_filters(workspace: Any, tmp_path: Path, filters: ReportFilters, expected: list[str]) -> None:
    assert [number for number, _ in exported_keys(workspace, tmp_path / "f.csv", filters)] == expected


def test_a_cause_that_nobody_knows_is_refused(workspace: Any, tmp_path: Path) -> None:
    to = tmp_path / "f.csv"
    with pytest.raises(ReportRequestError, match="no cause nonsense"):
        export_report(workspace, "sync", filters=ReportFilters(causes=("missing_in_erp", "nonsense")), to=to)
    assert not to.exists()


def test_access_keys_may_be_typed_in_groups(workspace: Any, keys: list[str], tmp_path: Path) -> None:
    grouped = " ".join(keys[3][start : start + 4] for start in range(0, 44, 4))
    filters = ReportFilters(access_keys=(grouped, keys[4]))
    assert [number for number, _ in exported_keys(workspace, tmp_path / "f.csv", filters)] == ["14"]


# columns and detail


def test_columns_stand_in_the_wanted_order(workspace: Any, tmp_path: Path) -> None:
    to = tmp_path / "sync.csv"
    export_report(workspace, "sync", columns=["sync_status", "number", "cause_label"], to=to)
    assert read_csv(to)[0] == ["Sincronização ERP", "Número", "Causa"]
    assert read_csv(to)[3] == ["Não sincronizado", "12", "Sem lançamento no ERP"]


def test_item_and_tax_details_keep_documents_without_items(workspace: Any, tmp_path: Path) -> None:
    to = tmp_path / "sync.csv"
    columns = ["number", "company_role", "item", "quantity", "unit_price", "item_gross_amount"]
    export_report(workspace, "sync", detail="item", columns=columns, to=to)
    rows = read_csv(to)[1:]
    assert [(row[0], row[2]) for row in rows] == [
        ("11", "1"),
        ("11", "2"),
        ("11", "1"),
        ("11", "2"),
        ("12", ""),
        ("13", "1"),
        ("13", "2"),
        ("14", ""),
    ]
    assert rows[0][3:] == ["1,5", "333,3333333333", "500,00"]

    outcome = export_report(
        workspace,
        "sync",
        detail="tax",
        filters=ReportFilters(models=("57",)),
        columns=["item", "tax", "tax_amount"],
        to=to,
    )
    assert outcome.rows == 4
    assert read_csv(to)[1:] == [
        ["1", "ICMS", "90,00"],
        ["1", "IPI", "90,00"],
        ["2", "ICMS", "90,00"],
        ["2", "IPI", "90,00"],
    ]


@pytest.mark.parametrize("detail", ["document", "item", "tax"])
def test_default_columns_work_at_every_detail(workspace: Any, tmp_path: Path, detail: str) -> None:
    report = read_catalogue()["sync"]
    every = [name for name, column in report.columns.items() if detail in column.details]
    export_report(workspace, "sync", detail=detail, to=tmp_path / "default.xlsx")
    export_report(workspace, "sync", detail=detail, columns=every, to=tmp_path / "every.xlsx")
    assert len(read_sheet(tmp_path / "every.xlsx")[0]) == len(every)


# ZIP


@pytest.fixture
def archived(workspace: Any) -> Callable[..., None]:
    """Keeps bytes in the archive as the XML of one or more documents of the published file."""

    def keep(content: bytes, *access_keys: str) -> None:
        with archive.Archive.open_writer(workspace.archive_dir) as writer:
            digest = writer.add(content)
        with workspace.editing() as connection:
            connection.execute(
                "update marts.documents set content_sha256 = ? where list_contains(?, access_key)",
                [digest, list(access_keys)],
            )

    return keep


def test_zip_holds_the_bytes_of_the_result_and_proves_them(
    workspace: Any, keys: list[str], archived: Callable[..., None], tmp_path: Path
) -> None:
    contents = {key: f"\ufeff<nfeProc>{key}é</nfeProc>\r\n".encode() for key in keys[:3]}
    for key, content in contents.items():
        archived(content, key)
    to = tmp_path / "sync.zip"
    outcome = export_report(workspace, "sync", to=to)
    assert (outcome.rows, outcome.files) == (5, 3)
    with zipfile.ZipFile(to) as bundle:
        assert sorted(bundle.namelist()) == sorted(
            [
                f"{keys[0]}-nfe.xml",
                f"{keys[1]}-nfe.xml",
                f"{keys[2]}-cte.xml",
                "manifest.csv",
                "manifest.json",
            ]
        )
        assert bundle.read(f"{keys[2]}-cte.xml") == contents[keys[2]]
        lines = read_manifest(bundle)
        facts = json.loads(bundle.read("manifest.json"))
    assert facts["rows"] == 5
    assert facts["files"] == 3
    assert facts["rows_sha256"] == outcome.rows_sha256
    # the branch-to-branch note has a line for each of its two roles, one file
    assert [(line["company_role"], line["file"]) for line in lines[:2]] == [
        ("Emitente", f"{keys[0]}-nfe.xml"),
        ("Destinatário", f"{keys[0]}-nfe.xml"),
    ]
    assert lines[2]["sha256"] == hashlib.sha256(contents[keys[1]]).hexdigest()
    assert lines[2]["size"] == str(len(contents[keys[1]]))
    assert (lines[2]["sync_status"], lines[2]["cause"]) == ("Não sincronizado", "missing_in_erp")
    # known by a summary only: a line, no file
    assert (lines[4]["access_key"], lines[4]["file"], lines[4]["sha256"]) == (keys[3], "", "")


def test_zip_holds_only_what_the_filters_leave(
    workspace: Any, keys: list[str], archived: Callable[..., None], tmp_path: Path
) -> None:
    for key in keys[:3]:
        archived(key.encode(), key)
    to = tmp_path / "sync.zip"
    export_report(workspace, "sync", filters=ReportFilters(models=("57",)), to=to)
    with zipfile.ZipFile(to) as bundle:
        assert [name for name in bundle.namelist() if name.endswith(".xml")] == [f"{keys[2]}-cte.xml"]


def test_bytes_that_do_not_match_their_hash_are_never_handed_out(
    workspace: Any,
    keys: list[str],
    archived: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for key in keys[:3]:
        archived(key.encode(), key)
    monkeypatch.setattr(
        archive, "read_many", lambda _folder, digests: ((digest, b"<other/>") for digest in digests)
    )
    to = tmp_path / "sync.zip"
    to.write_bytes(b"older")
    with pytest.raises(ReportError, match=f"other bytes for {keys[0]}"):
        export_report(workspace, "sync", to=to)
    assert to.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["sync.zip"]


def test_a_lot_is_the_file_of_each_of_its_documents(
    workspace: Any, keys: list[str], archived: Callable[..., None], tmp_path: Path
) -> None:
    archived(b"<enviNFe/>", keys[0], keys[1])
    archived(b"<cteProc/>", keys[2])
    to = tmp_path / "sync.zip"
    assert export_report(workspace, "sync", to=to).files == 3
    with zipfile.ZipFile(to) as bundle:
        assert bundle.read(f"{keys[0]}-nfe.xml") == bundle.read(f"{keys[1]}-nfe.xml") == b"<enviNFe/>"


def test_a_document_whose_rows_straddle_batches_has_one_file(
    workspace: Any,
    keys: list[str],
    archived: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("confere.reports.xml_zip.BATCH_ROWS", 1)
    for key in keys[:3]:
        archived(key.encode(), key)
    to = tmp_path / "sync.zip"
    export_report(workspace, "sync", to=to)
    with zipfile.ZipFile(to) as bundle:
        assert bundle.namelist().count(f"{keys[0]}-nfe.xml") == 1
        lines = read_manifest(bundle)
    assert [line["file"] for line in lines[:2]] == [f"{keys[0]}-nfe.xml"] * 2


def test_a_document_that_the_archive_lacks_is_named(workspace: Any, keys: list[str], tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=f"does not hold the XML of {keys[0]}"):
        export_report(workspace, "sync", to=tmp_path / "sync.zip")


def test_zip_of_items_is_refused(workspace: Any, tmp_path: Path) -> None:
    with pytest.raises(ReportRequestError, match="one file per document"):
        export_report(workspace, "sync", detail="item", to=tmp_path / "sync.zip")


# refusals


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"report": "balance"}, "there is no report 'balance'; there are sync"),
        ({"detail": "page"}, "no level of detail 'page'; there are document, item, tax"),
        ({"columns": ["number", "colour"]}, "no column colour at detail document"),
        ({"columns": ["tax_amount"]}, "no column tax_amount at detail document"),
        ({"columns": ["number", "number"]}, "column number is asked for more than once"),
        ({"columns": []}, "at least one column"),
        ({"to": "sync.pdf"}, "names no format"),
        ({"to": "nowhere/sync.csv"}, "nowhere does not exist"),
        ({"filters": ReportFilters(statuses=("talvez",))}, "statuses cannot be 'talvez'"),
        ({"filters": ReportFilters(roles=("owner",))}, "roles cannot be 'owner'"),
        ({"filters": ReportFilters(companies=("123",))}, "neither a CNPJ"),
        ({"filters": ReportFilters(access_keys=("3526",))}, "not an access key"),
        (
            {"filters": ReportFilters(issued_from=date(2026, 2, 1), issued_to=date(2026, 1, 1))},
            "before they begin",
        ),
    ],
)
def test_a_request_that_cannot_work_says_why(
    workspace: Any, tmp_path: Path, arguments: dict[str, Any], told: str
) -> None:
    request = {"report": "sync", "to": "sync.csv", **arguments}
    request["to"] = tmp_path / request["to"]
    with pytest.raises(ReportRequestError, match=told):
        export_report(workspace, request.pop("report"), **request)
    assert not list(tmp_path.glob("sync*"))


def test_nothing_published_yet(workspace: Any, tmp_path: Path) -> None:
    workspace.published_path.unlink()
    with pytest.raises(NothingPublished):
        export_report(workspace, "sync", to=tmp_path / "sync.csv")


def test_a_mart_that_is_not_published_is_named(workspace: Any, tmp_path: Path) -> None:
    with workspace.editing() as connection:
        connection.execute("drop table marts.document_taxes")
    export_report(workspace, "sync", to=tmp_path / "sync.csv")
    with pytest.raises(ReportError, match=r"needs marts\.document_taxes"):
        export_report(workspace, "sync", detail="tax", to=tmp_path / "tax.csv")


def test_a_publication_of_another_version_is_told_as_such(workspace: Any, tmp_path: Path) -> None:
    with workspace.editing() as connection:
        connection.execute("alter table marts.sync_status drop column posted_on")
    with pytest.raises(ReportError, match="another version"):
        export_report(workspace, "sync", to=tmp_path / "sync.csv")
    assert not list(tmp_path.glob("*sync.csv*"))


def test_progress_counts_to_the_end(workspace: Any, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    export_report(
        workspace, "sync", to=tmp_path / "sync.csv", progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(5, 5)]


def test_a_reader_that_has_the_publication_open_is_no_obstacle(workspace: Any, tmp_path: Path) -> None:
    with duckdb.connect(str(workspace.published_path), read_only=True):
        assert export_report(workspace, "sync", to=tmp_path / "sync.csv").rows == 5
