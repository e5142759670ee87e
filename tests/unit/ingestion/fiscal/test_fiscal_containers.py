"""Containers: what is found in them, where, and what becomes of those that cannot be read."""

import base64
import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from fiscal_documents import distribution, document, enveloped, tarred, zipped
from fiscal_inbox import Inbox
from hypothesis import given
from hypothesis import strategies as st

from ingestion.fiscal.containers import escaped, label, unescaped
from ingestion.fiscal.limits import Limits

NOTE = document("nfce")
OTHER = document("nfe_proc")


@pytest.mark.parametrize(
    ("name", "content", "inner_path"),
    [
        ("note.XML", NOTE, ""),
        ("note", NOTE, ""),
        ("note.pdf", NOTE, ""),
        ("note.xml.gz", gzip.compress(NOTE), ""),
        ("lot.zip", zipped({"2026/note.xml": NOTE}), "2026/note.xml"),
        ("lot.tar", tarred({"note.xml": NOTE}), "note.xml"),
        ("lot.tar.gz", tarred({"note.xml": NOTE}, mode="w:gz"), "note.xml"),
        ("lot.zip", zipped({"a.zip": zipped({"b/note.xml": NOTE})}), "a.zip!b/note.xml"),
        ("lot.zip", zipped({"a.tar.gz": tarred({"n.xml": NOTE}, mode="w:gz")}), "a.tar.gz!n.xml"),
        ("answer.xml", distribution(NOTE), "docZip[1]"),
        ("answer.xml", distribution(NOTE).decode().encode("utf-16"), "docZip[1]"),
        ("answer.xml", enveloped(distribution(NOTE)), "docZip[1]"),
        ("lot.zip", zipped({"a.zip": zipped({"c.xml": distribution(NOTE)})}), "a.zip!c.xml!docZip[1]"),
        ("lot.zip", zipped({"../../note.xml": NOTE}), "note.xml"),
        ("lot.zip", zipped({"C:\\x\\..\\note.xml": NOTE}), "C:/x/note.xml"),
        ("lot.zip", zipped({"a!b#c%d.xml": NOTE}), "a%21b%23c%25d.xml"),
    ],
)
def test_where_a_document_is_found(name: str, content: bytes, inner_path: str, inbox: Inbox) -> None:
    inbox.put(name, content)
    taken = inbox.read()
    (payload,) = taken.rows("payloads")
    assert (payload["path"], payload["inner_path"], payload["documents"]) == (name, inner_path, 1)
    assert taken.refusals == {}


def test_distribution_tells_number_and_schema(inbox: Inbox) -> None:
    inbox.put(
        "answer.xml", distribution(document("summary_nfe"), document("event_cancellation"), b"<procNovo/>")
    )
    taken = inbox.read()
    assert [(row["inner_path"], row["nsu"], row["kind"]) for row in taken.rows("payloads")] == [
        ("docZip[1]", "000000000000001", "summaries"),
        ("docZip[2]", "000000000000002", "events"),
    ]
    (refused,) = taken.quarantined
    assert (refused.place, refused.reason) == ("answer.xml!docZip[3]", "unsupported_kind")
    assert refused.detail == "procNovo (docZip procNFe_v4.00.xsd)"
    assert taken.files["answer.xml"]["state"] == "mixed"


def test_distribution_without_number(inbox: Inbox) -> None:
    inbox.put("answer.xml", distribution(NOTE).replace(b'NSU="000000000000001" ', b""))
    assert inbox.read().rows("payloads")[0]["nsu"] is None


def encrypted(content: bytes) -> bytes:
    """A zip whose entries claim to have a password."""
    changed = bytearray(content)
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + flags_at] |= 1
            at = changed.find(mark, at + 4)
    return bytes(changed)


def damaged_entry() -> bytes:
    """A zip of two documents, the first of which has a byte that its checksum does not cover."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("bad.xml", OTHER)
        archive.writestr("good.xml", NOTE)
    content = bytearray(stream.getvalue())
    content[content.index(b"Venda de mercadoria")] ^= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "refusals"),
    [
        pytest.param(zipped({}), {"f": "no_documents"}, id="empty zip"),
        pytest.param(tarred({}) * 2, {"f": "not_xml"}, id="zeros"),
        pytest.param(gzip.compress(b""), {"f": "empty_file"}, id="empty gzip"),
        pytest.param(zipped({"a.xml": NOTE})[:-30], {"f": "corrupt_archive"}, id="cut zip"),
        pytest.param(gzip.compress(NOTE)[:-30], {"f": "corrupt_archive"}, id="cut gzip"),
        pytest.param(tarred({"a.xml": NOTE}, mode="w:gz")[:-30], {"f": "corrupt_archive"}, id="cut tar.gz"),
        pytest.param(encrypted(zipped({"a.xml": NOTE})), {"f#a.xml": "encrypted_archive"}, id="password"),
        pytest.param(damaged_entry(), {"f#bad.xml": "corrupt_archive"}, id="damaged entry"),
        pytest.param(b"7z\xbc\xaf\x27\x1c\0\4", {"f": "unsupported_archive"}, id="7-zip"),
        pytest.param(b"Rar!\x1a\x07\x01\0", {"f": "unsupported_archive"}, id="rar"),
        pytest.param(zipped({"[Content_Types].xml": b"<Types/>"}), {"f": "not_xml"}, id="spreadsheet"),
        pytest.param(
            zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"n.xml": NOTE})})})}),
            {"f!a.zip!b.zip!c.zip": "nesting_too_deep"},
            id="too deep",
        ),
        pytest.param(
            zipped({"a.zip": zipped({"b.zip": zipped({"c.xml": distribution(NOTE)})})}),
            {"f!a.zip!b.zip!c.xml": "nesting_too_deep"},
            id="distribution too deep",
        ),
        pytest.param(
            distribution(NOTE).replace(b">H4s", b">*4s"), {"f!docZip[1]": "corrupt_archive"}, id="no base64"
        ),
        pytest.param(
            distribution(distribution(distribution(distribution(NOTE)))),
            {"f!docZip[1]!docZip[1]!docZip[1]": "nesting_too_deep"},
            id="distribution in itself",
        ),
    ],
)
def test_containers_that_cannot_be_read(content: bytes, refusals: dict[str, str], inbox: Inbox) -> None:
    inbox.put("f", content)
    assert inbox.read().refusals == refusals


def test_the_rest_of_a_damaged_zip_stands(inbox: Inbox) -> None:
    inbox.put("lot.zip", damaged_entry())
    taken = inbox.read()
    assert [row["inner_path"] for row in taken.rows("payloads")] == ["good.xml"]
    assert taken.files["lot.zip"]["state"] == "mixed"


def test_a_zip_method_that_cannot_be_bounded(inbox: Inbox) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.xml", NOTE)
    inbox.put("lot.zip", stream.getvalue())
    assert inbox.read().refusals == {"lot.zip#a.xml": "unsupported_archive"}


def test_what_is_no_file_in_a_tar(inbox: Inbox) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        link = tarfile.TarInfo("link.xml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    inbox.put("lot.tar.gz", stream.getvalue())
    assert inbox.read().refusals == {"lot.tar.gz#link.xml": "unsupported_archive"}


def zeros(size: int) -> bytes:
    return b"<a>" + b" " * size + b"</a>"


def oversized_header() -> bytes:
    """A tar whose extension header claims to be as long as a file of 100 MB."""
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 100 << 20
    return header.tobuf(tarfile.USTAR_FORMAT) + bytes(2 << 20)


def overlapping_zip(entries: int) -> bytes:
    """A zip whose entries all share the bytes of one."""
    packed = zipped({"a.xml": zeros(900_000)})
    start = packed.index(b"PK\x01\x02")
    directory = packed[start : packed.index(b"PK\x05\x06")]
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, *[entries % 65_536] * 2, len(directory) * entries, start, 0
    )
    return packed[:start] + directory * entries + end


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "gzip": (lambda: gzip.compress(zeros(100 << 20)), "ratio_exceeded"),
    "zip": (lambda: zipped({"a.xml": zeros(50 << 20)}), "ratio_exceeded"),
    "tar.gz": (lambda: tarred({"a.xml": zeros(50 << 20)}, mode="w:gz"), "ratio_exceeded"),
    "docZip": (lambda: distribution(zeros(50 << 20)), "ratio_exceeded"),
    "overlap": (lambda: overlapping_zip(500), "ratio_exceeded"),
    "tar header": (lambda: gzip.compress(oversized_header()), "corrupt_archive"),
    "entries": (lambda: overlapping_zip(100_001), "too_many_entries"),
    "plain": (lambda: zeros(11 << 20), "too_large"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str, inbox: Inbox, peak_memory: Callable[[], int]) -> None:
    build, reason = BOMBS[name]
    inbox.put("bomb", build())
    tracemalloc.reset_peak()
    taken = inbox.read()
    assert taken.quarantined[-1].reason == reason
    assert peak_memory() < 100 << 20
    # the bytes are kept, so that it can be looked at, or taken again under other limits
    assert taken.quarantined[-1].archive_ref is not None


def test_a_bomb_does_not_hide_its_neighbours(inbox: Inbox) -> None:
    entries = {f"{number}.xml": NOTE + b" " * number for number in range(30)}
    inbox.put("lot.zip", zipped({"0.zip": zipped({"bomb.xml": zeros(5 << 20)}), **entries}))
    taken = inbox.read()
    assert len(taken.rows("payloads")) == 30
    assert taken.refusals == {"lot.zip!0.zip#bomb.xml": "ratio_exceeded"}


@pytest.mark.parametrize(
    ("limits", "refusals"),
    [
        (Limits(archive_entries=2), {"lot": "too_many_entries"}),
        (Limits(archive_bytes=2 * len(NOTE) + 1), {"lot": "too_large"}),
        (Limits(entry_bytes=len(NOTE) - 1), {"lot#0.xml": "too_large", "lot#1.xml": "too_large"}),
    ],
)
@pytest.mark.parametrize("pack", [zipped, lambda entries: tarred(entries, mode="w:gz")])
def test_limits(
    pack: Callable[[dict[str, bytes]], bytes], limits: Limits, refusals: dict[str, str], inbox: Inbox
) -> None:
    inbox.put("lot", pack({f"{number}.xml": NOTE + b" " * number for number in range(3)}))
    found = inbox.read(limits=replace(limits, ratio=10_000)).refusals
    assert refusals.items() <= found.items()


def test_a_large_refused_file_keeps_its_hash_only(inbox: Inbox) -> None:
    inbox.put("large.zip", zipped({"a.zip": b"PK\x03\x04 broken"}) + b"\0" * 70_000)
    taken = inbox.read(limits=Limits(kept_bytes=60_000, entry_bytes=60_000))
    (refused,) = taken.quarantined
    assert refused.archive_ref is None
    assert len(refused.content_sha256) == 64
    assert "bytes are not kept" in refused.detail


def test_a_base64_of_plain_xml(inbox: Inbox) -> None:
    answer = distribution(NOTE)
    start, end = answer.index(b'.xsd">') + 6, answer.index(b"</docZip>")
    inbox.put("answer.xml", answer[:start] + base64.encodebytes(NOTE) + answer[end:])
    assert [row["inner_path"] for row in inbox.read().rows("payloads")] == ["docZip[1]"]


@given(st.text())
def test_labels_are_safe_and_escapes_return(name: str) -> None:
    made = label(name)
    assert not {"!", "#", "\\", "\0", "\n"} & set(made)
    assert ".." not in made.split("/")
    assert not made.startswith("/")
    assert unescaped(escaped(name)) == name
