"""The scanner gives the rows of the walk or nothing: of samples, of what is not plain, of damaged bytes."""

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.fiscal import plain, scanner
from ingestion.fiscal.payloads import Payload
from ingestion.fiscal.plain import PlainReader, PlainReading
from ingestion.fiscal.reader import Reader

FIXTURES = Path(__file__).parents[3] / "fixtures" / "fiscal"

# without the comments that say what each sample is, and without sections, since these are not plain
SAMPLES = {
    path.stem: re.sub(rb"<!--.*?-->\s*|<!\[CDATA\[.*?\]\]>", b"", path.read_bytes(), flags=re.DOTALL)
    for path in sorted(FIXTURES.glob("*.xml"))
}
NOTE = SAMPLES["nfe_proc"]


def payloads_of(contents: Iterable[bytes]) -> list[Payload]:
    distinct = dict.fromkeys(content for content in contents if content)
    return [
        Payload(content, hashlib.sha256(content).hexdigest(), f"{number}.xml")
        for number, content in enumerate(distinct)
    ]


@pytest.fixture(scope="module")
def scan_reader(reader: Reader) -> PlainReader:
    return reader._scanner


def assert_as_walked(payloads: list[Payload], scanned: PlainReading, reader: Reader) -> None:
    """What was scanned is what the walk gives for the same payloads, which it reads without a refusal."""
    walked = reader.read([payload for payload, read in zip(payloads, scanned.read, strict=True) if read])
    assert walked.refused == []
    assert walked.units_found == scanned.units_found
    for name, table in walked.tables.items():
        assert scanned.tables[name].schema == table.schema
        assert sorted(map(str, scanned.tables[name].to_pylist())) == sorted(map(str, table.to_pylist())), name


def test_plain_samples_are_scanned(reader: Reader, scan_reader: PlainReader) -> None:
    payloads = payloads_of(SAMPLES.values())
    scanned = scan_reader.read(payloads)
    assert_as_walked(payloads, scanned, reader)
    read = {name for name, was_read in zip(SAMPLES, scanned.read, strict=True) if was_read}
    assert read >= {"nfe_proc", "nfce", "cte_proc", "event_cancellation", "summary_nfe", "summary_event"}
    # several units of a kind, and a query, are for the classifier
    assert read.isdisjoint({"event_lot", "protocols", "status_query"})


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return change


PLAIN_CHANGES = {
    "references": replaced(b"</xNome>", b" &amp; S&#65;&#x42; &lt;&quot;&apos;&gt;</xNome>"),
    "blanks around": replaced(b"</xNome>", b" \t\n</xNome>"),
    "an unknown element": replaced(b"<emit>", b"<emit><novo a='1'>x<y/></novo>"),
    "letters of other alphabets": replaced(b"</xNome>", " ã漢😀".encode() + b"</xNome>"),
    "a superscript at the end": replaced(b"</xNome>", "²</xNome>".encode()),
    "an empty element": replaced(b"<natOp>", b"<dhSaiEnt/><natOp>"),
    "schema location": replaced(
        b"<nfeProc ",
        b'<nfeProc xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" ',
    ),
    "a mark of UTF-8": lambda content: b"\xef\xbb\xbf" + content,
    "blanks after": lambda content: content + b" \n",
}

OTHER_CHANGES = {
    "a comment": replaced(b"<emit>", b"<!-- x --><emit>"),
    "a section": replaced(b"</xNome>", b"<![CDATA[x]]></xNome>"),
    "an instruction": replaced(b"<emit>", b"<?x y?><emit>"),
    "a prefix": replaced(b"<emit>", b"<n:x/><emit>"),
    "an undeclared prefix": replaced(b"<nfeProc ", b'<nfeProc xsi:a="1" '),
    "a document type": replaced(b"<nfeProc", b"<!DOCTYPE nfeProc><nfeProc"),
    "another encoding": lambda content: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + content[38:],
    "an attribute twice": replaced(b"<ide>", b'<ide a="1" a="2">'),
    "an unknown reference": replaced(b"</xNome>", b"&nbsp;</xNome>"),
    "the end of a section": replaced(b"</xNome>", b"]]></xNome>"),
    "a space that does not break": replaced(b"</xNome>", "\u00a0</xNome>".encode()),
    "a control character": replaced(b"</xNome>", b"\x0b</xNome>"),
    "no UTF-8": replaced(b"</xNome>", b"\xe3</xNome>"),
    "an element in a text": replaced(b"</xNome>", b"<b/></xNome>"),
    "a line end in a text": replaced(b"</xNome>", b"a\r\nb</xNome>"),
    "no environment": replaced(b"<tpAmb>1</tpAmb>", b""),
    "a key without digits": replaced(b'Id="NFe', b'Id="NFeX'),
    "an unknown version": replaced(b"<infNFe", b'<infNFe versao="9.99" x'),
    "two documents": replaced(b"<protNFe", b"<NFe/><protNFe"),
    "a name beyond reason": replaced(b"<emit>", b"<emit><" + b"a" * 60_000 + b"/>"),
    "an attribute beyond reason": replaced(b"<ide>", b'<ide a="' + b"a" * 60_000 + b'">'),
    "many empty items": replaced(b"<total>", b"<det/>" * 3_000 + b"<total>"),
    "a truncated file": lambda content: content[:-20],
    "something after the end": lambda content: content + b"x",
    "a text before": lambda content: b"x" + content,
}


@pytest.mark.parametrize("change", PLAIN_CHANGES.values(), ids=PLAIN_CHANGES.keys())
def test_what_is_plain_is_scanned(
    change: Callable[[bytes], bytes], reader: Reader, scan_reader: PlainReader
) -> None:
    payloads = payloads_of([change(NOTE)])
    scanned = scan_reader.read(payloads)
    assert scanned.read == [True]
    assert_as_walked(payloads, scanned, reader)


@pytest.mark.parametrize("change", OTHER_CHANGES.values(), ids=OTHER_CHANGES.keys())
def test_what_is_not_plain_is_left_to_the_walk(
    change: Callable[[bytes], bytes], scan_reader: PlainReader
) -> None:
    scanned = scan_reader.read(payloads_of([change(NOTE), NOTE]))
    assert scanned.read == [False, True]
    assert scanned.tables["documents"].num_rows == 1


def test_nothing_to_scan(scan_reader: PlainReader) -> None:
    scanned = scan_reader.read([])
    assert scanned.read == []
    assert {table.num_rows for table in scanned.tables.values()} == {0}


def test_small_arrays_change_nothing(
    reader: Reader, scan_reader: PlainReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads = payloads_of(SAMPLES.values())
    for name in ("_BYTES_PER_CELL", "_BYTES_PER_FRAME"):
        monkeypatch.setattr(plain, name, 1 << 20)
    monkeypatch.setattr(plain, "_LEAST", 8)
    assert_as_walked(payloads, scan_reader.read(payloads), reader)


INSERTS = (
    b"<", b">", b"&", b"&amp;", b"&#10;", b"&#0;", b"]]>", b"<a>", b"</a>", b"<a/>", b"<!--x-->", b"\0",
    b"\xc2\xa0", b"\xff", b"\xed\xa0\x80", b"\xef\xbf\xbf", b' a="1"', b' a="1" a="1"', b"'", b'"', b"=",
    b"\r", b"/", b"<chNFe>1</chNFe>", b"<retEvento/>", b"<evento/>", b'<det nItem="9"/>', b"9" * 44,
    b"00", b" ", b"x:y",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = draw(st.sampled_from(list(SAMPLES.values())))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        if draw(st.booleans()):
            # where it may matter: beside a tag's end
            at = max(content.find(draw(st.sampled_from([b"<", b">", b"</", b'"'])), at), 0) + draw(
                st.integers(0, 1)
            )
        match draw(st.integers(0, 3)):
            case 0:
                content = content[:at] + draw(st.sampled_from(INSERTS)) + content[at:]
            case 1:
                content = content[:at] + content[at + draw(st.integers(1, 40)) :]
            case 2:
                content = content[:at] + bytes([draw(st.integers(0, 255))]) + content[at + 1 :]
            case _:
                end = content.find(b">", content.find(b"</", at)) + 1
                content = content[:at] + content[at:end] + content[at:]
    return content


@settings(max_examples=150, deadline=None)
@given(contents=st.lists(damaged(), min_size=1, max_size=20))
def test_damaged_bytes_are_read_as_the_walk_reads_them_or_not_at_all(
    contents: list[bytes], reader: Reader
) -> None:
    payloads = payloads_of(contents)
    assert_as_walked(payloads, reader._scanner.read(payloads), reader)


def test_every_character_of_utf_8_is_measured() -> None:
    """Against Python's own decoder, for every pair of first bytes and the edges of the others."""
    edges = [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBD, 0xBE, 0xBF, 0xC0]
    for first in range(0x80, 0x100):
        for second in range(0x100):
            for third in edges:
                for content in (bytes([first, second, third, 0x80]), bytes([first, second, third, 0x41])):
                    expected = _characters(content)
                    buffer = np.frombuffer(content + b"\0\0\0\0", np.uint8)
                    assert scanner._character(buffer, 0) == expected, content


def _characters(content: bytes) -> int:
    for size in (2, 3, 4):
        try:
            text = content[:size].decode()
        except UnicodeDecodeError:
            continue
        return 0 if text in "\ufffe\uffff" else size
    return 0
