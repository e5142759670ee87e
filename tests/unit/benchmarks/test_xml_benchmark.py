"""The benchmark runs and tells the truth about its work; how long anything takes is not asserted."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from benchmarks import documents, xml
from benchmarks.measuring import Measured, measure, middle
from benchmarks.readers import READERS
from benchmarks.report import BEGIN, END
from benchmarks.tasks import TASKS
from ingestion.fiscal.access_key import has_valid_check_digit

NS = {"n": "http://www.portalfiscal.inf.br/nfe"}
PEERS = {"xml2arrow": "xml2arrow", "xmltodict": "xmltodict", "nfelib objects": "nfelib"}


@pytest.fixture(scope="module")
def some() -> list[documents.Document]:
    return documents.documents(0)


def test_documents_are_distinct_and_repeatable(some: list[documents.Document]) -> None:
    everything = [*some, *documents.documents(7)]
    assert len({document.name for document in everything}) == len(everything)
    assert len({document.content for document in everything}) == len(everything)
    assert documents.documents(0)[:3] == some[:3]


def test_documents_are_of_the_size_that_the_figures_speak_of(some: list[documents.Document]) -> None:
    mean = sum(len(document.content) for document in some) / len(some)
    assert 14_000 < mean < 16_500
    assert 5.5 < sum(document.content.count(b"<det ") for document in some) / len(some) < 6.5
    assert 1.7 < sum(document.content.count(b"<dup>") for document in some) / len(some) < 2.3


def test_documents_add_up(some: list[documents.Document]) -> None:
    for document in some[:50]:
        root = etree.fromstring(document.content)

        def cents(path: str, root: etree._Element = root) -> int:
            return sum(int(text.replace(".", "")) for text in root.xpath(f"{path}/text()", namespaces=NS))

        assert has_valid_check_digit(document.name[:44])
        assert cents("//n:ICMSTot/n:vNF") == cents("//n:prod/n:vProd") + cents("//n:IPITrib/n:vIPI")
        assert cents("//n:detPag/n:vPag") == cents("//n:ICMSTot/n:vNF")
        if root.find(".//n:dup", NS) is not None:
            assert cents("//n:dup/n:vDup") == cents("//n:ICMSTot/n:vNF")


def test_every_reader_does_the_same_work(some: list[documents.Document]) -> None:
    contents = [document.content for document in some[:30]]
    expected = {
        "documents": 30,
        "items": sum(content.count(b"<det ") for content in contents),
        "instalments": sum(content.count(b"<dup>") for content in contents),
    }
    for name, make in READERS.items():
        if name == "raw lxml parse":
            continue
        if name in PEERS:
            pytest.importorskip(PEERS[name])
        rows = make()(contents)
        assert {table: rows[table] for table in expected} == expected, name


def test_made_documents_are_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "zip"
    made = documents.make(folder, 12, form="zip")
    (archive,) = folder.iterdir()
    with zipfile.ZipFile(archive) as members:
        assert sum(member.file_size for member in members.infolist()) == made
    archive.unlink()
    assert documents.make(folder, 12, form="zip") == made
    assert list(folder.iterdir()) == []
    (folder / "mine.xml").touch()
    with pytest.raises(SystemExit, match="something else"):
        documents.make(folder, 13, form="zip")


def measured_here(task: str, **settings: Any) -> Measured:
    """What `measure` does, without a process for each task."""
    said = TASKS[task](**json.loads(json.dumps(settings, default=str)))
    return Measured(said["cpu"] or 1e-6, said["wall"] or 1e-6, 1, said["count"], said)


def test_a_task_is_measured_in_a_process_of_its_own() -> None:
    run = measure("hashing", sample=10)
    assert run.count == 10
    assert run.cpu > 0
    assert run.peak > 10 << 20
    with pytest.raises(SystemExit, match="ended with 1"):
        measure("hashing", sample="ten")


def test_the_middle_run_has_the_highest_peak() -> None:
    runs = [Measured(cpu, 1.0, peak, 2, {}) for cpu, peak in ((3.0, 10), (1.0, 30), (2.0, 20))]
    assert middle(runs) == Measured(2.0, 1.0, 30, 2, {})
    assert middle(runs).micros == 1e6


def test_the_whole_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in PEERS.values():
        pytest.importorskip(module)
    page = tmp_path / "page.md"
    page.write_text(f"# Figures\n\n{BEGIN}\nstale\n{END}\n\nMore.\n")
    monkeypatch.setattr(xml, "measure", measured_here)
    given = ["--quick", "--documents", "50", "--archived", "50", "--sample", "20", "--rounds", "1"]
    xml.main([*given, "--folder", str(tmp_path / "made"), "--report", str(page)])
    text = page.read_text()
    assert text.startswith("# Figures")
    assert text.endswith(f"{END}\n\nMore.\n")
    assert "stale" not in text
    assert str(tmp_path) not in text
    for name in READERS:
        assert re.search(rf"\| {re.escape(name)} \| [\d,]+ \| ", text), name
    for form in ("files", "zip"):
        for case in ("cold", "1 % new", "unchanged"):
            assert f"| 50 documents, {form} | {case} |" in text
    assert not list((tmp_path / "made").glob("work-*"))
    assert not list((tmp_path / "made").glob("*/new"))
