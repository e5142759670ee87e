"""Optional checks over what is stored: what is due, what a crash leaves, what comes of it in the store."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

pytest.importorskip("cryptography", reason="the check of signatures is an extra")
pytest.importorskip("nfelib", reason="the schemas come with nfelib")

from ingestion import load_verdicts
from ingestion.context import LoadContext
from ingestion.contracts import read_contracts
from ingestion.errors import ConfigurationError
from ingestion.fiscal import judging, schema_check, signature_check
from ingestion.fiscal.judging import judge_all, judge_chunk
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.optional_checks import CHECKS, OptionalCheck
from ingestion.fiscal.tables import read_tables
from ingestion.load_verdicts import judge_source, judge_sources, require_checks
from ingestion.store import StreamResult
from ingestion.workspace import Workspace, read_workspace
from tests.unit.ingestion.world import World

SETTINGS = """
companies: []
sources:
  - {name: xml, system: fiscal_xml, folder: inbox/xml}
checks: {signatures: true, schemas: true}
"""
FIXTURES = Path(__file__).parents[2] / "fixtures" / "fiscal"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "confere.yml").write_text(SETTINGS)
    (tmp_path / "inbox" / "xml").mkdir(parents=True)
    return read_workspace(tmp_path, environ={})


@pytest.fixture
def xml(tmp_path: Path, workspace: Workspace) -> World:
    world = World(tmp_path, read_contracts())
    world.source = workspace.source("xml")
    for name in ("nfe_proc", "cte_proc", "event_cancellation", "summary_nfe"):
        world.write(f"{name}.xml", (FIXTURES / f"{name}.xml").read_bytes())
    return world


def judged(world: World, name: str, **context: Any) -> StreamResult:
    """One run of a check over what the source has in the store."""
    with world.open() as store:
        run = world.start(store)
        return judge_source(
            world.source,
            name,
            archive_dir=world.root / "archive" / "xml",
            context=LoadContext(store, run, world.clock, **context),
        )


SIGNATURES = "select subject, outcome, count(*) from raw_fiscal_xml.signatures group by all order by all"


def test_what_was_stored_before_the_check_is_judged_once(xml: World) -> None:
    xml.run()
    result = judged(xml, "signatures")
    assert (result.mode, result.status, result.rows_read, result.rows_new) == ("check", "ok", 4, 4)
    found = xml.query(SIGNATURES)
    # the sample's signature is made up
    assert found == [
        ("document", "unsigned", 1),
        ("document", "unverifiable", 1),
        ("event", "unsigned", 1),
        (None, None, 1),
    ]
    again = judged(xml, "signatures")
    assert (again.status, again.rows_new) == ("unchanged", 0)
    assert xml.query(SIGNATURES) == found


def test_only_what_is_new_is_judged(xml: World) -> None:
    xml.run()
    judged(xml, "signatures")
    xml.write("new.xml", (FIXTURES / "nfce.xml").read_bytes())
    xml.run()
    assert judged(xml, "signatures").rows_read == 1


def test_another_version_of_a_check_judges_again_and_keeps_what_was_said(
    xml: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    xml.run()
    judged(xml, "signatures")
    monkeypatch.setattr(signature_check.SignatureJudge, "version", "next")
    assert judged(xml, "signatures").rows_read == 4
    assert sum(number for *_, number in xml.query(SIGNATURES)) == 8


def test_schemas_are_judged_with_package_and_version(xml: World) -> None:
    xml.run()
    assert judged(xml, "schemas").rows_read == 4
    rows = xml.query(
        "select root, is_valid, error_count > 0, schema_package like '%PL_%', library like 'nfelib %'"
        " from raw_fiscal_xml.schema_verdicts order by root"
    )
    assert ("nfeProc", False, True, True, True) in rows
    assert ("resNFe", True, False, True, True) in rows
    assert judged(xml, "schemas").status == "unchanged"


def test_a_crash_on_the_way_loses_nothing(xml: World, monkeypatch: pytest.MonkeyPatch) -> None:
    xml.run()
    monkeypatch.setattr(judging, "_CHUNK_PAYLOADS", 1)
    calls = count()

    def judge(chunk_judge: Any, chunk: Sequence[Any]) -> Any:
        if next(calls) == 2:
            raise MemoryError
        return judge_chunk(chunk_judge, chunk)

    with monkeypatch.context() as broken:
        broken.setattr(judging, "judge_chunk", judge)
        with pytest.raises(MemoryError):
            judged(xml, "signatures")
    assert sum(number for *_, number in xml.query(SIGNATURES)) == 2
    assert judged(xml, "signatures").rows_read == 2
    assert sum(number for *_, number in xml.query(SIGNATURES)) == 4


def test_the_work_is_cut_in_bounded_pieces(xml: World, monkeypatch: pytest.MonkeyPatch) -> None:
    xml.run()
    monkeypatch.setattr(load_verdicts, "DUE_AT_ONCE", 3)
    told: list[tuple[int, int | None, int | None]] = []
    monkeypatch.setattr(judging, "_CHUNK_PAYLOADS", 1)
    result = judged(
        xml,
        "signatures",
        progress=lambda source, stream, *, done, total=None, documents=None, **rest: told.append(
            (done, total, documents)
        ),
    )
    assert result.rows_read == 4
    # the last tells the result
    assert told == [(1, 4, 1), (2, 4, 2), (3, 4, 3), (4, 4, 4), (4, 4, None)]


def test_what_the_archive_lacks_is_told_and_waits(xml: World) -> None:
    xml.run()
    for path in (xml.root / "archive" / "xml").iterdir():
        path.write_bytes(b"")
    result = judged(xml, "signatures")
    assert (result.status, result.rows_read, result.message) == (
        "ok",
        0,
        "4 payloads are not in the archive",
    )


def test_a_damaged_archive_is_an_error_of_the_check(xml: World) -> None:
    xml.run()
    (frames,) = (xml.root / "archive" / "xml").glob("*.zst")
    content = bytearray(frames.read_bytes())
    content[20] ^= 1
    frames.write_bytes(bytes(content))
    result = judged(xml, "signatures")
    assert result.status == "error"
    assert "is damaged" in (result.message or "")


def test_checks_are_streams_of_their_source(xml: World, workspace: Workspace) -> None:
    loaded = xml.run()
    with xml.open() as store:
        context = LoadContext(store, xml.start(store), xml.clock)
        (result,) = judge_sources([loaded], workspace, contracts=xml.contracts, context=context)
        off = replace(workspace, checks=MappingProxyType({}))
        assert judge_sources([loaded], off, contracts=xml.contracts, context=context) == (loaded,)
    assert [stream.stream for stream in result.streams] == ["files", "signatures", "schema_verdicts"]
    assert result.changed


def test_a_check_that_cannot_be_made_is_an_error_before_the_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_checks(workspace)
    monkeypatch.setattr(OptionalCheck, "is_installed", lambda self: self.package != "nfelib")
    with pytest.raises(ConfigurationError, match=r"needs the package nfelib.*confere\[schemas\]") as error:
        require_checks(workspace)
    assert (error.value.line, error.value.key) == (5, "checks.schemas")


def test_other_processes_give_the_same_rows(xml: World, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [(path.stem, path.read_bytes()) for path in sorted(FIXTURES.glob("*.xml"))]
    monkeypatch.setattr(judging, "_CHUNK_PAYLOADS", 3)
    here = [each.rows.to_pylist() for each in judge_all("signatures", contents, processes=1, expected=9_999)]
    there = [each.rows.to_pylist() for each in judge_all("signatures", contents, processes=2, expected=9_999)]
    assert here == there
    assert len(here) > 3


def test_the_columns_are_those_of_the_checks() -> None:
    contracts = {table.name: table for table in read_contracts().document_tables}
    verdicts = {"signatures": signature_check.SignatureVerdict, "schemas": schema_check.SchemaVerdict}
    for name, check in CHECKS.items():
        assert contracts[check.table].check == name
        declared = [column for column, _ in contracts[check.table].columns]
        assert declared == list(verdicts[name].__dataclass_fields__)
        assert check.table not in read_tables()
        assert check.start(Limits()).version
