"""The way of XML from the inbox into store, archive and quarantine; what a file holds is tested elsewhere."""

import os
from pathlib import Path

import pytest

from ingestion.archive import read
from ingestion.contracts import read_contracts
from ingestion.load import replay
from ingestion.store import StreamResult
from ingestion.workspace import Workspace, read_workspace
from tests.unit.ingestion.fiscal.fiscal_documents import document
from tests.unit.ingestion.world import World

SETTINGS = """
companies: []
sources:
  - {name: xml, system: fiscal_xml, folder: inbox/xml}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "confere.yml").write_text(SETTINGS)
    (tmp_path / "inbox" / "xml").mkdir(parents=True)
    return read_workspace(tmp_path, environ={})


@pytest.fixture
def xml(tmp_path: Path, workspace: Workspace) -> World:
    """A world whose source is the inbox, under the contracts of the project."""
    world = World(tmp_path, read_contracts())
    world.source = workspace.source("xml")
    return world


def replayed(world: World, workspace: Workspace) -> StreamResult:
    with world.open() as store:
        run = world.start(store)
        ((stream,),) = [
            result.streams
            for result in replay(
                workspace, store=store, contracts=world.contracts, run=run, clock=world.clock
            )
        ]
        return stream


def test_refused_xml_is_kept_and_tried_again(xml: World, workspace: Workspace) -> None:
    xml.write("a.xml", "<unknown/>")
    result = xml.load("files")
    assert (result.status, result.rows_read, result.rows_new, result.rows_quarantined) == ("ok", 1, 0, 1)
    ((place, sha256),) = xml.query("select place, content_sha256 from quality.quarantine")
    assert place == "a.xml"
    assert read(workspace.archive_dir, sha256) == b"<unknown/>"
    result = replayed(xml, workspace)
    assert (result.mode, result.rows_read, result.rows_quarantined) == ("replay", 1, 1)
    assert xml.query("select attempts, resolved_at from quality.quarantine") == [(2, None)]


def test_an_unchanged_inbox_is_not_opened_and_a_removed_file_changes_nothing(xml: World) -> None:
    path = xml.write("a.xml", "<unknown/>")
    xml.run()
    assert xml.load("files").status == "unchanged"
    path.unlink()
    assert xml.load("files").status == "unchanged"
    totals = xml.query(
        "select stage, row_count from quality.completeness where run_id = 'run3' order by stage"
    )
    assert totals == [("duplicate", 0), ("homologation", 0), ("quarantine", 1), ("source", 1), ("store", 0)]


def test_a_file_put_right_resolves_what_was_refused_of_it(xml: World) -> None:
    xml.write("a.xml", "<unknown/>")
    xml.write("b.xml", "no xml")
    xml.run()
    xml.write("a.xml", "no xml either")
    xml.run()
    open_places = "select place, reason from quality.quarantine where resolved_at is null order by all"
    assert xml.query(open_places) == [("a.xml", "not_xml"), ("b.xml", "not_xml")]


def test_a_unit_stays_refused_when_its_file_is_only_touched(xml: World, workspace: Workspace) -> None:
    path = xml.write("answers.xml", document("event_answers"))
    xml.run()
    os.utime(path, ns=(0, 0))
    assert xml.load("files").rows_quarantined == 0
    refused = "select place, resolved_at from quality.quarantine"
    assert xml.query(refused) == [("answers.xml#retEvento[2]", None)]
    result = replayed(xml, workspace)
    assert (result.rows_read, result.rows_new, result.rows_quarantined) == (2, 1, 1)
    assert xml.query("select count(*) from raw_fiscal_xml.events") == [(1,)]
    assert xml.query(refused) == [("answers.xml#retEvento[2]", None)]


def test_a_folder_that_is_not_there_is_an_error_of_the_extraction(xml: World) -> None:
    assert xml.source.folder is not None
    xml.source.folder.rmdir()
    result = xml.load("files")
    assert result.status == "error"
    assert "no such folder" in (result.message or "")
