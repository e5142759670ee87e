"""Whatever lies in an inbox ends as rows or in quarantine, never as an error, and never as nothing."""

import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from fiscal_documents import FIXTURES, distribution, document, enveloped, tarred, zipped
from fiscal_inbox import Inbox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = sorted(path.stem for path in FIXTURES.glob("*.xml"))
DOCUMENTS = {name: document(name) for name in NAMES}

fuzz = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def take(content: bytes) -> Inbox:
    """Read one file in an inbox of its own; the counts are verified there."""
    with tempfile.TemporaryDirectory() as directory:
        inbox = Inbox(Path(directory) / "inbox", Path(directory) / "archive")
        inbox.put("file", content)
        taken = inbox.read(threads=1)
    counts = taken.counts
    assert counts.files == 1
    assert counts.parts >= 1
    assert counts.rows + counts.duplicates + counts.quarantined >= 1
    return taken


@st.composite
def damaged(draw: st.DrawFn, contents: st.SearchStrategy[bytes]) -> bytes:
    """A content with a piece cut out, doubled, overwritten or inserted."""
    content = draw(contents)
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + draw(st.sampled_from([1, 8, 200, 100_000])))))
    piece = draw(st.one_of(st.just(b""), st.just(content[start:end] * 2), st.binary(max_size=40)))
    return content[:start] + piece + content[end:]


documents = st.sampled_from(list(DOCUMENTS.values()))
containers = st.sampled_from(
    [
        zipped({"a.xml": DOCUMENTS["nfce"], "b/c.zip": zipped({"d.xml": DOCUMENTS["summary_nfe"]})}),
        tarred({"a.xml": DOCUMENTS["nfce"], "b.xml": DOCUMENTS["cte_complement"]}),
        tarred({"a.xml": DOCUMENTS["nfce"], "b.xml": DOCUMENTS["cte_complement"]}, mode="w:gz"),
        gzip.compress(DOCUMENTS["nfce"]),
        distribution(DOCUMENTS["nfce"], DOCUMENTS["summary_nfe"]),
        enveloped(DOCUMENTS["protocols"]),
    ]
)


@fuzz
@given(st.binary(max_size=2_000))
def test_any_bytes(content: bytes) -> None:
    taken = take(content)
    assert taken.counts.rows == 0
    assert taken.quarantined


@fuzz
@given(
    st.sampled_from(
        [b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"\xff\xfe<\0", b"<"]
    ),
    st.binary(max_size=500),
)
def test_any_bytes_after_a_known_start(start: bytes, rest: bytes) -> None:
    take(start + rest)


@fuzz
@given(damaged(documents))
def test_damaged_documents(content: bytes) -> None:
    take(content)


@fuzz
@given(damaged(damaged(containers)))
def test_damaged_containers(content: bytes) -> None:
    take(content)


@fuzz
@given(damaged(documents), st.sampled_from(["utf-16", "utf-8-sig", "cp1252", "utf-16-be"]))
def test_damaged_documents_in_other_encodings(content: bytes, encoding: str) -> None:
    take(content.decode("utf-8", "replace").encode(encoding, "replace"))


# every name that means something to the reader, and one that does not
ELEMENTS = [
    "Body", "cancNFe", "chMDFe", "chNFe", "CNPJ", "CTe", "CTeOS", "cteProc", "CTeSimp", "det",
    "detEvento", "detPag", "docZip", "emit", "Envelope", "enviNFe", "evento", "eventoMDFe",
    "gPagAntecipado", "GTVe", "ICMS", "ICMS00", "ide", "imposto", "infCte", "infEvento", "infInut",
    "infMDFe", "infNFe", "infProt", "inutNFe", "MDFe", "mod", "NFe", "nfeProc", "NFref", "nSeqEvento",
    "pag", "procEventoNFe", "procInutNFe", "prod", "protNFe", "refNFe", "resNFe", "retCancNFe",
    "retConsSitNFe", "retDistDFeInt", "retEvento", "retInutNFe", "toma", "toma3", "tpAmb", "tpEvento",
    "x",
]  # fmt: skip


@st.composite
def trees(draw: st.DrawFn, depth: int = 5) -> str:
    name = draw(st.sampled_from(ELEMENTS))
    key = "35261111222333000181550010000001011100000011"
    attributes = draw(st.sampled_from(["", ' versao="4.00"', ' versao="1.00"', f' Id="NFe{key}"']))
    text = draw(st.sampled_from(["", "1", " ", "4", key, "9" * 44]))
    children = "" if depth == 0 else "".join(draw(st.lists(trees(depth=depth - 1), max_size=3)))
    return f"<{name}{attributes}>{text}{children}</{name}>"


@fuzz
@given(trees())
def test_any_arrangement_of_known_elements(tree: str) -> None:
    take(tree.encode())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.7, 0.99])
def test_cut_documents(name: str, share: float) -> None:
    content = DOCUMENTS[name].rstrip()
    assert take(content[: int(share * len(content))]).counts.rows == 0


def test_text_in_odd_places() -> None:
    """Text, attributes and depth where no schema has them."""
    note = DOCUMENTS["nfe_proc"].decode()
    for old, new in (
        ("<ide>", '<ide a="1">text<CNPJ>1</CNPJ>'),
        ("<CNPJ>11222333000181</CNPJ>", "<CNPJ>11222333000181<CNPJ>2</CNPJ></CNPJ>"),
        ('<det nItem="1">', "<det>"),
        ("<ICMS10>", "<ICMS10><ICMS20><CST>9</CST></ICMS20>"),
    ):
        assert old in note
        assert take(note.replace(old, new).encode()).counts.documents == 1


def test_names_from_other_systems() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        names = ("nota fiscal nº 1.xml", "..\\..\\x.xml", "a\x1b[31m.xml", "/etc/passwd", "x" * 5_000)
        for number, name in enumerate(names):
            archive.writestr(name, DOCUMENTS["nfce"] + b" " * number)
    taken = take(stream.getvalue())
    assert [row["inner_path"] for row in taken.rows("payloads")] == [
        "nota fiscal nº 1.xml",
        "x.xml",
        "a?[31m.xml",
        "etc/passwd",
        "x" * 300,
    ]
