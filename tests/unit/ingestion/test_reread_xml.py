"""Stored XML read again when a map grows: from the archive, once, and as if it had been read so at first."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion import reread_xml
from ingestion.contracts import dbt_project_dir, read_contracts
from ingestion.fiscal import classify, extraction_map, fingerprint
from ingestion.fiscal.fingerprint import Fingerprints, read_fingerprints
from ingestion.fiscal.intake import BatchSize
from ingestion.fiscal.map_definitions import LAYOUTS_DIR
from ingestion.fiscal.tables import read_tables
from ingestion.load import SourceResult
from ingestion.store import Store
from ingestion.workspace import read_workspace
from tests.unit.ingestion.fiscal.fiscal_documents import distribution, document, zipped
from tests.unit.ingestion.world import FIRST_AS_OF, World

SETTINGS = """
companies: []
sources:
  - {name: xml, system: fiscal_xml, folder: inbox/xml}
"""

NOTE = document("nfe_proc")
FREIGHT = document("cte_proc")


@dataclass
class Maps:
    """The maps, lists and tables of the project, in a place where they may be changed."""

    layouts: Path
    kinds: Path
    project: Path

    def edit(self, path: Path, change: Callable[[Any], None]) -> None:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(said)
        path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")

    def edit_note(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change what the map of NF-e says of the table of documents."""

        def of_documents(said: Any) -> None:
            change(next(row["columns"] for row in said["rows"] if row["table"] == "documents"))

        self.edit(self.layouts / "nfe_4.00.yml", of_documents)


@pytest.fixture
def maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maps:
    folder = tmp_path / "maps"
    maps = Maps(folder / "layouts", folder / "kinds.yml", folder / "dbt")
    shutil.copytree(LAYOUTS_DIR, maps.layouts)
    shutil.copy(classify.KINDS_YML, maps.kinds)
    shutil.copytree(dbt_project_dir() / "models" / "staging", maps.project / "models" / "staging")
    places = {"directory": maps.layouts, "kinds_yml": maps.kinds}
    monkeypatch.setattr(extraction_map.read_layouts, "__kwdefaults__", {"directory": maps.layouts})
    monkeypatch.setattr(read_fingerprints, "__kwdefaults__", places)
    monkeypatch.setattr(classify.read_kinds, "__defaults__", (maps.kinds,))
    monkeypatch.setattr("ingestion.fiscal.tables.dbt_project_dir", lambda: maps.project)
    return maps


@pytest.fixture
def xml(tmp_path: Path, maps: Maps) -> World:
    (tmp_path / "confere.yml").write_text(SETTINGS)
    (tmp_path / "inbox" / "xml").mkdir(parents=True)
    world = World(tmp_path, read_contracts(maps.project / "models"))
    world.source = read_workspace(tmp_path, environ={}).source("xml")
    return world


def remove_inbox(xml: World) -> None:
    assert xml.source.folder is not None
    for path in xml.source.folder.iterdir():
        path.unlink()


def reread(result: SourceResult) -> tuple[str, int, int, int, int, int] | None:
    """Mode and counts of what was read again."""
    for stream in result.streams:
        if stream.stream == "archive":
            return (
                stream.mode,
                stream.rows_read,
                stream.rows_new,
                stream.rows_changed,
                stream.rows_deleted,
                stream.rows_quarantined,
            )
    return None


def everything(xml: World, *, but: tuple[str, ...] = ("_extraction_id",)) -> dict[str, list[Any]]:
    """Every row that maps fill, of every table."""
    left_out = ", ".join(but)
    return {
        name: xml.query(f"select * exclude ({left_out}) from raw_fiscal_xml.{name} order by all")
        for name in read_tables()
    }


def assert_complete(xml: World) -> None:
    """Nothing of what the last run looked at is unaccounted for."""
    rows = xml.query(
        "select stream, sum(row_count) filter (stage = 'source'),"
        " sum(row_count) filter (stage in ('store', 'quarantine', 'duplicate'))"
        f" from quality.completeness where run_id = 'run{xml.runs}' group by all"
    )
    assert rows
    assert all(came == kept for _, came, kept in rows), rows


def forget_series(columns: dict[str, Any]) -> None:
    del columns["series"]


def test_a_map_that_grows_reaches_what_is_stored_without_its_files(xml: World, maps: Maps) -> None:
    grown = (maps.layouts / "nfe_4.00.yml").read_bytes()
    maps.edit_note(forget_series)
    xml.write("note.xml", NOTE)
    xml.write("freight.xml", FREIGHT)
    assert reread(xml.run()) is None
    series = "select model, series is null, _extraction_id from raw_fiscal_xml.documents order by all"
    assert xml.query(series) == [("55", True, "run1:xml:files"), ("57", False, "run1:xml:files")]
    (maps.layouts / "nfe_4.00.yml").write_bytes(grown)
    remove_inbox(xml)
    assert reread(xml.run()) == ("reread", 2, 0, 2, 0, 0)
    assert xml.query(series) == [("55", False, "run2:xml:archive"), ("57", False, "run1:xml:files")]
    times = xml.query("select distinct _recorded_at from raw_fiscal_xml.items")
    assert times == [(FIRST_AS_OF,)], "what a map finds later was known since the content came"
    assert_complete(xml)


def test_a_column_that_a_table_gets_is_filled(xml: World, maps: Maps) -> None:
    xml.write("note.xml", NOTE)
    xml.run()

    def declare(said: Any) -> None:
        (documents,) = [table for table in said["sources"][0]["tables"] if table["name"] == "documents"]
        documents["columns"].append({"name": "process_version", "data_type": "text"})

    maps.edit(maps.project / "models/staging/fiscal_xml/_fiscal_xml__sources.yml", declare)
    xml.contracts = read_contracts(maps.project / "models")
    assert reread(xml.run()) is None, "a column that no map fills concerns nobody"
    maps.edit_note(lambda columns: columns.update(process_version="ide/tpEmis"))
    assert reread(xml.run()) == ("reread", 2, 0, 2, 0, 0)
    assert xml.query("select process_version = emission_type from raw_fiscal_xml.documents") == [(True,)]


def test_a_kind_that_gets_a_map_lifts_its_refusals(xml: World, maps: Maps) -> None:
    path = maps.layouts / "resumo_nfe_1.01.yml"
    summaries = path.read_bytes()
    path.unlink()
    xml.write("summary.xml", document("summary_nfe"))
    xml.write("note.xml", NOTE)
    xml.run()
    refused = "select place, reason, attempts, resolved_at is not null from quality.quarantine"
    assert xml.query(refused) == [("summary.xml", "unsupported_kind", 1, False)]
    path.write_bytes(summaries)
    remove_inbox(xml)
    result = reread(xml.run())
    assert result is not None
    assert result[2] == 1, "what was refused is new"
    assert xml.query(refused) == [("summary.xml", "unsupported_kind", 1, True)]
    assert xml.query("select _recorded_at from raw_fiscal_xml.summaries") == [
        (FIRST_AS_OF + timedelta(days=1),)
    ]
    assert_complete(xml)


def test_a_unit_that_stood_unnoticed_beside_others_is_new(xml: World, maps: Maps) -> None:
    path = maps.layouts / "cte_4.00.yml"
    freight = path.read_bytes()
    for each in maps.layouts.glob("*.yml"):
        if yaml.safe_load(each.read_bytes()).get("extends") == path.name or each == path:
            each.unlink()
    xml.write("freight.xml", FREIGHT)
    xml.run()
    units = "select count(*), any_value(_recorded_at) from raw_fiscal_xml."
    assert xml.query(f"{units}documents") == [(0, None)], "it is not even refused inside its wrapper"
    path.write_bytes(freight)
    assert reread(xml.run()) == ("reread", 2, 1, 1, 0, 0)
    assert xml.query(f"{units}protocols") == [(1, FIRST_AS_OF)]
    assert xml.query(f"{units}documents") == [(1, FIRST_AS_OF + timedelta(days=1))]


def test_what_is_refused_still_counts_an_attempt(xml: World, monkeypatch: pytest.MonkeyPatch) -> None:
    xml.write("broken.xml", "<a>")
    xml.run()
    monkeypatch.setattr(fingerprint, "READER_VERSION", 1_000)
    assert reread(xml.run()) == ("reread", 1, 0, 0, 0, 1)
    assert xml.query("select attempts, resolved_at from quality.quarantine") == [(2, None)]


def test_while_nothing_changes_nothing_is_read(xml: World, monkeypatch: pytest.MonkeyPatch) -> None:
    xml.write("note.xml", NOTE)
    xml.write("broken.xml", "<a>")
    xml.run()

    def fail(*_args: object, **_options: object) -> None:
        pytest.fail("this looks through the store or the archive")

    monkeypatch.setattr(reread_xml, "read_again", fail)
    monkeypatch.setattr(Store, "readings", fail)
    assert reread(xml.run()) is None


def test_it_is_told_with_documents(xml: World, maps: Maps, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        xml.write(f"note{number}.xml", NOTE + b" " * number)
    xml.run()
    maps.edit_note(forget_series)
    monkeypatch.setattr(reread_xml, "_BATCH", BatchSize(payloads=1))
    told: list[tuple[int, int | None, int | None]] = []

    def progress(_source: str, stream: str, *, done: int, total: int | None = None, **rest: Any) -> None:
        if stream == "archive" and "result" not in rest:
            told.append((done, total, rest["documents"]))

    xml.run(progress=progress)
    assert told
    assert told[-1] == (3, 3, 3)
    assert all(done == documents for done, _, documents in told)


def test_comments_in_a_map_change_nothing(xml: World, maps: Maps) -> None:
    xml.write("note.xml", NOTE)
    xml.run()
    path = maps.layouts / "nfe_4.00.yml"
    path.write_text(f"# another word\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert reread(xml.run()) is None


def fill(xml: World, *, notes: int = 3) -> None:
    """An inbox of everything: notes, a container, an answer of distribution, a payload refused in part."""
    for number in range(notes):
        xml.write(f"note{number}.xml", NOTE + b" " * number)
    xml.write("lot.zip", zipped({"a/freight.xml": FREIGHT, "b/again.xml": NOTE}))
    xml.write("answer.xml", distribution(FREIGHT + b" ", NOTE + b" " * 50))
    xml.write("events.xml", document("event_answers"))
    xml.write("broken.xml", "<a>")


def test_the_same_maps_give_the_same_rows(xml: World) -> None:
    fill(xml)
    xml.run()
    before = everything(xml)
    xml.query("update raw_fiscal_xml.payloads set read_by = null")
    xml.query("delete from quality.stream_state")
    result = reread(xml.run())
    assert result is not None
    assert result[0] == "reread"
    assert result[2:5] == (0, sum(len(before[name]) for name in UNITS), 0)
    assert everything(xml) == before
    assert_complete(xml)
    assert reread(xml.run()) is None, "a store of the version before is read once"


UNITS = ("documents", "protocols", "events", "summaries", "voided_ranges")


def test_a_crash_between_batches_leaves_the_rest_to_the_next_run(
    xml: World, maps: Maps, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(xml)
    xml.run()
    whole = everything(xml, but=("_extraction_id",))
    maps.edit_note(forget_series)
    monkeypatch.setattr(reread_xml, "_BATCH", BatchSize(payloads=2))
    monkeypatch.setattr("ingestion.fiscal.intake._CHUNK_PAYLOADS", 1)
    monkeypatch.setattr("ingestion.documents.PAYLOADS_PER_TRANSACTION", 1)
    replace, calls = Store.replace_fiscal, []

    def crash(self: Store, *args: Any, **options: Any) -> int:
        calls.append(1)
        if len(calls) == 3:
            raise MemoryError
        return replace(self, *args, **options)

    monkeypatch.setattr(Store, "replace_fiscal", crash)
    with pytest.raises(MemoryError):
        xml.run()
    read = xml.query(
        "select count(*) filter (_extraction_id = 'run2:xml:archive'), count(*) from raw_fiscal_xml.payloads"
    )
    assert 0 < read[0][0] < read[0][1] == len(whole["payloads"])
    assert {name: len(rows) for name, rows in everything(xml).items()} == {
        name: len(rows) for name, rows in whole.items()
    }
    monkeypatch.setattr(Store, "replace_fiscal", replace)
    result = reread(xml.run())
    assert result is not None
    assert result[3] > 0
    assert xml.query("select count(*) from raw_fiscal_xml.documents where series is null") == [(4,)]
    now = everything(xml, but=("_extraction_id",))
    assert now["items"] == whole["items"]
    assert now["protocols"] == whole["protocols"]
    assert_complete(xml)
    assert reread(xml.run()) is None


def test_contents_that_the_archive_lost_stay_and_are_told(xml: World, maps: Maps) -> None:
    xml.write("note.xml", NOTE)
    xml.run()
    before = everything(xml, but=("_recorded_at",))
    shutil.rmtree(xml.root / "archive")
    maps.edit_note(forget_series)
    (stream, _) = xml.run().streams
    assert stream.message is not None
    assert "1 contents" in stream.message
    assert everything(xml, but=("_recorded_at",)) == before


def test_the_fingerprint_of_the_store_tells_that_contents_were_read_again(xml: World, maps: Maps) -> None:
    def fingerprint_of_store() -> str:
        with xml.open() as store:
            return store.fingerprint()

    xml.write("note.xml", NOTE)
    xml.run()
    before = fingerprint_of_store()
    maps.edit_note(forget_series)
    xml.run()
    assert fingerprint_of_store() != before


# fingerprints --------------------------------------------------------------------------------------------


def today() -> Fingerprints:
    return read_fingerprints(read_tables())


def test_a_map_concerns_only_what_it_reads(maps: Maps) -> None:
    before = today()
    maps.edit_note(forget_series)
    after = today()
    assert after.whole != before.whole
    assert not after.is_current(before.read_by("nfe_4.00 protocolo_nfe"))
    assert after.is_current(before.read_by("cte_4.00 protocolo_cte"))


def test_a_new_kind_of_unit_concerns_everything(maps: Maps) -> None:
    before = today()
    said = yaml.safe_load((maps.layouts / "resumo_nfe_1.01.yml").read_text(encoding="utf-8"))
    said |= {"element": "resOutro", "start": "resOutro"}
    (maps.layouts / "resumo_outro.yml").write_text(yaml.safe_dump(said), encoding="utf-8")
    assert not today().is_current(before.read_by("cte_4.00"))


def test_a_list_of_refusals_concerns_no_stored_content(maps: Maps) -> None:
    before = today()
    maps.edit(maps.kinds, lambda said: said["refused"].update(Outro="outro documento"))
    after = today()
    assert after.whole != before.whole
    assert after.is_current(before.read_by("nfe_4.00"))


def test_an_unknown_reader_is_never_current() -> None:
    fingerprints = today()
    assert fingerprints.read_by(None) is None
    assert not fingerprints.is_current(None)
    assert not fingerprints.is_current("")
    assert not fingerprints.is_current(f"{fingerprints.structure} gone:1234")
