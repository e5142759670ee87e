"""The optional checks through the whole pipeline: switched on later, over what is stored, to the marts."""

import re
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.run import run_workspace
from ingestion.errors import ConfigurationError
from ingestion.fiscal.optional_checks import OptionalCheck
from ingestion.workspace import read_workspace

pytest.importorskip("cryptography", reason="the check of signatures is an extra")
pytest.importorskip("nfelib", reason="the schemas come with nfelib")

pytestmark = pytest.mark.slow

sys.path.append(str(Path(__file__).parents[1] / "unit" / "ingestion" / "fiscal"))

SETTINGS = """
as_of: 2026-11-30T23:59:59Z
companies: []
sources:
  - {name: xml, system: fiscal_xml, folder: inbox/xml}
"""
PARTS = "+documents +altered_documents +document_schema_verdicts"
KEY = "35261111222333000181550010000001011100000011"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A genuine document, an altered copy of it, and a summary; no check yet."""
    from fiscal_documents import document
    from signed_documents import canonical_body, signature_of, signed_nfe

    folder = tmp_path_factory.mktemp("checks")
    inbox = folder / "inbox" / "xml"
    inbox.mkdir(parents=True)
    seal = signature_of(canonical_body())
    (digest,) = re.findall("<DigestValue>(.*)</DigestValue>", seal)
    genuine = re.sub("<digVal>.*</digVal>", f"<digVal>{digest}</digVal>", signed_nfe(signature=seal))
    altered = re.sub("<vNF>[^<]*</vNF>", "<vNF>99999.00</vNF>", genuine)
    (inbox / "genuine.xml").write_text(genuine, encoding="utf-8")
    (inbox / "mail.xml").write_text(altered, encoding="utf-8")
    (inbox / "summary.xml").write_bytes(document("summary_nfe"))
    (folder / "confere.yml").write_text(SETTINGS)
    return folder


def run(root: Path, **options: Any) -> None:
    run_workspace(read_workspace(root, environ={}), select=PARTS, **options)


def published(root: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{root / 'published' / 'marts.duckdb'}' as published (read_only)")
        connection.execute("use published")
        return connection.execute(sql).fetchall()


def test_off_then_on(root: Path) -> None:
    run(root)
    assert published(root, "select access_key, signature_status from marts.documents") == [
        (KEY, "not_checked")
    ]
    assert published(root, "from marts.altered_documents") == []
    assert published(root, "from marts.document_schema_verdicts") == []

    (root / "confere.yml").write_text(SETTINGS + "checks: {signatures: true, schemas: true}\n")
    run(root)
    documents = published(root, "select signature_status, total_amount <> 99999 from marts.documents")
    assert documents == [("valid", True)]
    (altered,) = published(
        root,
        "select access_key, path, signer_id, total_amount::integer, is_of_authorised_document,"
        " has_genuine_copy, is_copy_in_use, key_bits, signature_algorithm,"
        " certificate_valid_from < certificate_valid_to from marts.altered_documents",
    )
    assert altered == (
        KEY, "mail.xml", "11222333000181", 99999, True, True, False, 2048, "rsa-sha1", True
    )  # fmt: skip
    roots = published(
        root, "select root, count(*), bool_and(library like 'nfelib %') from marts.document_schema_verdicts"
        " group by all order by all"
    )  # fmt: skip
    assert roots == [("nfeProc", 2, True), ("resNFe", 1, True)]
    (warning,) = published(
        root,
        "select results.status, failures"
        " from quality.check_results as results join quality.runs using (run_id)"
        " where check_name = 'assert_no_document_was_altered' order by started_at desc limit 1",
    )
    assert warning == ("warned", 1)
    streams = published(
        root, "select stream, status, rows_new from quality.extractions where stream <> 'files' order by all"
    )
    assert streams == [("schema_verdicts", "ok", 3), ("signatures", "ok", 3)]


def test_a_check_without_its_package_stops_before_anything_runs(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "confere.yml").write_text(SETTINGS + "checks: {signatures: true}\n")
    monkeypatch.setattr(OptionalCheck, "is_installed", lambda _self: False)
    before = (root / "warehouse" / "confere.duckdb").stat().st_mtime_ns
    with pytest.raises(ConfigurationError, match=r"confere\[signatures\]"):
        run(root)
    assert (root / "warehouse" / "confere.duckdb").stat().st_mtime_ns == before
