"""The intake of a folder: each content once, nothing lost, the same in any number of threads."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from fiscal_documents import distribution, document, zipped
from fiscal_inbox import Inbox

from ingestion.archive import read
from ingestion.connectors.xml_archive import split_place
from ingestion.connectors.xml_folder import BatchSize, IntakeProgress, QuarantinedInput
from ingestion.errors import SourceUnavailable
from ingestion.fiscal import workers
from ingestion.fiscal.counts import ConservationError, IntakeCounts
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.refusals import reasons
from ingestion.fiscal.tables import read_tables

NOTE = document("nfce")


def notes(count: int) -> dict[str, bytes]:
    """Notes that differ in their number and key."""
    return {
        f"{number:05d}.xml": NOTE.replace(b"000000007910000003", b"%09d910000003" % number).replace(
            b"<nNF>7<", b"<nNF>%d<" % number
        )
        for number in range(1, count + 1)
    }


def test_every_file_is_accounted_for(inbox: Inbox) -> None:
    inbox.put("a/nfe.xml", document("nfe_proc"))
    inbox.put("a/again.xml", document("nfe_proc"))
    inbox.put(
        "b/lot.zip", zipped({"x.xml": document("cte_proc"), "y.xml": document("nfe_proc"), "z.pdf": b"%PDF-"})
    )
    inbox.put("b/answers.xml", distribution(document("summary_nfe"), document("event_cancellation")))
    inbox.put("c.xml", b"")
    inbox.put("d.xml", b"<NFCom/>")
    taken = inbox.read()
    counts = taken.counts
    assert (counts.files, counts.files_read, counts.files_mixed, counts.files_quarantined) == (6, 3, 1, 2)
    assert (counts.parts, counts.new_payloads, counts.duplicates, counts.refused_parts) == (9, 7, 2, 0)
    assert (counts.documents, counts.protocols, counts.events, counts.summaries) == (2, 2, 1, 1)
    assert (counts.units, counts.rows, counts.refused_units, counts.quarantined) == (9, 6, 3, 3)
    assert {
        path: (row["state"], row["payloads"], row["duplicates"], row["quarantined"])
        for path, row in taken.files.items()
    } == {
        "a/again.xml": ("read", 1, 0, 0),
        "a/nfe.xml": ("read", 1, 1, 0),
        "b/answers.xml": ("read", 2, 0, 0),
        "b/lot.zip": ("mixed", 3, 1, 1),
        "c.xml": ("quarantined", 1, 0, 1),
        "d.xml": ("quarantined", 1, 0, 1),
    }


def test_an_unchanged_file_is_not_opened(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    path = inbox.put("nfe.xml", document("nfe_proc"))
    inbox.put("nfce.xml", NOTE)
    inbox.read()
    path.write_bytes(document("cte_proc"))
    taken = inbox.read()
    assert list(taken.files) == ["nfe.xml"]
    assert (taken.counts.files, taken.counts.unchanged) == (1, 1)
    assert [row["model"] for row in taken.rows("documents")] == ["57"]


def test_an_inbox_without_news_gives_one_empty_batch(inbox: Inbox) -> None:
    inbox.put("nfce.xml", NOTE)
    inbox.read()
    (batch,) = inbox.read().batches
    assert (batch.tables, batch.files.num_rows, batch.quarantined) == ({}, 0, ())
    assert batch.counts == IntakeCounts(unchanged=1)


def test_a_touched_file_gives_duplicates_only(inbox: Inbox) -> None:
    path = inbox.put("nfce.xml", NOTE)
    inbox.read()
    os.utime(path, ns=(0, 0))
    taken = inbox.read()
    assert (taken.counts.duplicates, taken.counts.rows) == (1, 0)
    assert taken.files["nfce.xml"]["mtime_ns"] == 0
    assert inbox.read().counts == IntakeCounts(unchanged=1)


def test_a_file_that_went_away_changes_nothing(inbox: Inbox) -> None:
    path = inbox.put("nfce.xml", NOTE)
    inbox.read()
    path.unlink()
    assert inbox.read().counts == IntakeCounts()


def test_the_same_key_with_other_content_is_another_payload(inbox: Inbox) -> None:
    inbox.put("a.xml", NOTE)
    inbox.put("b.xml", NOTE.replace(b"9.90</vNF>", b"9.91</vNF>"))
    taken = inbox.read()
    assert [row["total_amount"] for row in taken.rows("documents")] == ["9.90", "9.91"]


def test_refused_content_is_refused_wherever_it_lies(inbox: Inbox) -> None:
    inbox.put("a.xml", b"<NFCom/>")
    inbox.put("b.xml", b"<NFCom/>")
    taken = inbox.read(batch_size=BatchSize(payloads=1))
    assert taken.refusals == {"a.xml": "unsupported_kind", "b.xml": "unsupported_kind"}
    assert taken.counts.duplicates == 0


def test_every_payload_is_in_the_archive(inbox: Inbox) -> None:
    contents = [document("nfe_proc"), NOTE, b"<NFCom/>", b"<a>", b"%PDF-1.7"]
    for number, content in enumerate(contents):
        inbox.put(f"{number}.xml", content)
    taken = inbox.read()
    digests = [row["_content_sha256"] for row in taken.rows("payloads")]
    refs = [item.archive_ref for item in taken.quarantined]
    assert refs[2] is None
    digests += [ref.removeprefix("sha256:") for ref in refs if ref is not None]
    assert {read(inbox.archive_dir, digest) for digest in digests} == set(contents[:4])


def test_a_refused_archive_is_kept_as_it_came(inbox: Inbox) -> None:
    broken = zipped(notes(3))[:-10]
    inbox.put("lot.zip", broken)
    (refused,) = inbox.read().quarantined
    assert refused.archive_ref == f"sha256:{refused.content_sha256}"
    assert read(inbox.archive_dir, refused.content_sha256) == broken


def test_batches_are_bounded_and_in_the_order_of_the_paths(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.fiscal.intake._CHUNK_PAYLOADS", 3)
    for name, content in notes(20).items():
        inbox.put(f"{int(name[:5]) % 3}/{name}", content)
    taken = inbox.read(batch_size=BatchSize(payloads=6))
    assert [batch.files.num_rows for batch in taken.batches[:-1]] == [6, 6, 6]
    paths = [row["path"] for row in taken.rows("payloads")]
    assert paths == sorted(paths)
    assert len(paths) == 20


def test_a_file_larger_than_a_batch_ends_in_its_last_one(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.fiscal.intake._CHUNK_PAYLOADS", 4)
    inbox.put("lot.zip", zipped(notes(10)))
    taken = inbox.read(batch_size=BatchSize(payloads=4))
    assert [batch.files.num_rows for batch in taken.batches] == [0, 0, 1]
    assert taken.files["lot.zip"]["payloads"] == 10


def comparable(taken: Inbox) -> list[object]:
    return [
        *({name: table.to_pylist() for name, table in batch.tables.items()} for batch in taken.batches),
        *(batch.files.to_pylist() for batch in taken.batches),
        *(batch.quarantined for batch in taken.batches),
    ]


def test_neither_threads_nor_the_scanner_change_the_result(
    tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.fiscal.intake._CHUNK_PAYLOADS", 40)
    everything = {
        **notes(200),
        "a.zip": zipped(notes(60)),
        "b.xml": distribution(*notes(10).values()),
        "c.xml": b"<a>",
        "d.xml": document("event_answers"),
    }
    for name, content in everything.items():
        inbox.put(name, content)
    alone = Inbox(inbox.folder, tmp_path / "alone").read(threads=1, batch_size=BatchSize(payloads=100))
    monkeypatch.setattr(workers, "SCAN_ABOVE_PAYLOADS", 50)
    together = Inbox(inbox.folder, tmp_path / "together").read(threads=2, batch_size=BatchSize(payloads=100))
    assert comparable(alone) == comparable(together)
    assert alone.counts == together.counts
    assert [path.read_bytes() for path in sorted(alone.archive_dir.iterdir())] == [
        path.read_bytes() for path in sorted(together.archive_dir.iterdir())
    ]


def test_refused_content_is_read_when_it_can_be(inbox: Inbox) -> None:
    inbox.put("note.xml", NOTE)
    inbox.put("lot.zip", zipped({"x/note.xml": NOTE + b" "}))
    strict = Limits(xml_bytes=len(NOTE) - 1)
    refused = inbox.read(limits=strict).quarantined
    assert [item.reason for item in refused] == ["too_large", "too_large"]
    again = inbox.replay(refused)
    assert sorted((row["path"], row["inner_path"]) for row in again.rows("payloads")) == [
        ("lot.zip", "x/note.xml"),
        ("note.xml", ""),
    ]
    assert again.quarantined == []
    assert again.files == {}


def test_a_refused_container_is_opened_again(inbox: Inbox) -> None:
    inbox.put("in!box#1/lot.zip", zipped(notes(5)))
    refused = inbox.read(limits=Limits(archive_entries=3)).quarantined
    assert split_place(refused[0].place) == ("in!box#1/lot.zip", "")
    again = inbox.replay(refused)
    assert [(row["path"], row["inner_path"]) for row in again.rows("payloads")] == [
        ("in!box#1/lot.zip", name) for name in notes(5)
    ]


def test_what_is_still_refused_is_refused_at_its_place(inbox: Inbox) -> None:
    inbox.put("a.xml", b"<NFCom/>")
    inbox.put("b.zip", zipped({"m.xml": b"<NFCom/>", "n.xml": b"<a>"}))
    refused = inbox.read().quarantined
    again = inbox.replay(refused)
    assert sorted(item.place for item in again.quarantined) == ["a.xml", "b.zip!m.xml", "b.zip!n.xml"]


def test_a_partly_refused_payload_gives_all_its_rows_again(inbox: Inbox) -> None:
    inbox.put("answers.xml", document("event_answers"))
    (refused,) = inbox.read().quarantined
    assert refused.place == "answers.xml#retEvento[2]"
    again = inbox.replay([refused])
    assert [(row["_ordinal"], row["c_stat"]) for row in again.rows("events")] == [(0, "135")]
    assert again.refusals == {"answers.xml#retEvento[2]": "invalid_access_key"}


def test_bytes_that_the_archive_lost_are_told(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    inbox.put("note.xml", NOTE)
    inbox.read()
    inbox.replay([QuarantinedInput("gone.xml", "not_xml", "", "0" * 64, None)])
    assert "gone.xml" in caplog.text


def test_a_file_that_cannot_be_opened(inbox: Inbox) -> None:
    (inbox.folder / "gone.xml").symlink_to(inbox.folder / "nowhere.xml")
    inbox.put("note.xml", NOTE)
    taken = inbox.read()
    assert taken.refusals == {"gone.xml": "unreadable_file"}
    assert taken.counts.documents == 1


def test_progress_tells_the_listing_and_every_batch(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.fiscal.intake._CHUNK_PAYLOADS", 2)
    for name, content in notes(3).items():
        inbox.put(f"a/{name}", content)
    lot = inbox.put("b.zip", zipped(notes(5))).stat().st_size  # files come before folders
    told: list[IntakeProgress] = []
    inbox.read(on_progress=told.append, batch_size=BatchSize(payloads=4), threads=1)
    total = 3 * len(NOTE) + lot
    assert told[0] == IntakeProgress(files=4)
    assert [(step.documents, step.bytes_total) for step in told[1:]] == [(4, total), (8, total), (8, total)]
    assert 0 < told[1].bytes_done <= lot  # the lot is not through yet
    assert told[-1].bytes_done == total
    told.clear()
    inbox.read(on_progress=told.append)
    assert told[-1] == IntakeProgress(files=0, bytes_total=0)


def test_a_name_that_is_no_text(inbox: Inbox) -> None:
    try:
        Path(os.fsdecode(os.fsencode(inbox.folder) + b"/nota_\xe7.xml")).write_bytes(NOTE)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert [row["path"] for row in inbox.read().rows("payloads")] == ["nota_\\xe7.xml"]
    assert inbox.read().counts == IntakeCounts(unchanged=1)


def test_a_folder_that_is_not_there(inbox: Inbox) -> None:
    inbox.folder.rmdir()
    with pytest.raises(SourceUnavailable):
        inbox.read()


def test_a_loss_is_noticed() -> None:
    whole = IntakeCounts(files=1, files_read=1, parts=1, new_payloads=1, units=2, documents=1, protocols=1)
    (whole + whole).verify()
    for lost in (IntakeCounts(protocols=-1), IntakeCounts(new_payloads=-1), IntakeCounts(files_read=-1)):
        with pytest.raises(ConservationError):
            (whole + lost).verify()


def test_the_tables_are_those_of_the_contract(inbox: Inbox) -> None:
    inbox.put("note.xml", NOTE)
    (batch,) = inbox.read().batches
    shapes = read_tables()
    assert {*batch.tables, "files"} == shapes.keys()
    types = {"text": pa.string(), "bigint": pa.int64()}
    for name, table in batch.tables.items():
        assert [(field.name, field.type) for field in table.schema] == [
            ("_content_sha256", pa.string()),
            ("_ordinal", pa.int32()),
            *((column, types[kind]) for column, kind in shapes[name].columns),
        ]
    assert batch.files.schema.names == [column for column, _ in shapes["files"].columns]


def test_every_reason_has_a_hint() -> None:
    assert all(reason.hint.endswith(".") for reason in reasons().values())


def test_gzip_names_nothing(inbox: Inbox) -> None:
    """A compressed file is its content: the place is the file's own."""
    inbox.put("broken.xml.gz", gzip.compress(b"<a>"))
    assert inbox.read().refusals == {"broken.xml.gz": "malformed_xml"}


def test_memory_does_not_grow_with_the_inbox(inbox: Inbox, peak_memory: Callable[[], int]) -> None:
    for number in range(4):
        inbox.put(
            f"{number}.zip", zipped({name: content + b" " * number for name, content in notes(400).items()})
        )
    inbox.read(threads=1, batch_size=BatchSize(payloads=200))
    assert peak_memory() < 40 << 20
