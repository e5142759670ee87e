"""The parser: what it reads, what it mends and says so, what it refuses."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from fiscal_documents import document

from ingestion.fiscal.limits import Limits
from ingestion.fiscal.parser import parse
from ingestion.fiscal.reader import Reading
from ingestion.fiscal.refusals import Refused, reasons

TEXT = "São João"
BODY = f"<a>{TEXT}</a>"
DECLARED = '<?xml version="1.0" encoding="{}"?>' + BODY
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("content", "repair"),
    [
        pytest.param(BODY.encode(), None, id="no declaration"),
        pytest.param(DECLARED.format("UTF-8").encode(), None, id="utf-8"),
        pytest.param(BOM + BODY.encode(), None, id="bom"),
        pytest.param(DECLARED.format("ISO-8859-1").encode("latin-1"), None, id="latin-1 declared"),
        pytest.param(DECLARED.format("windows-1252").encode("cp1252"), None, id="cp1252 declared"),
        pytest.param(DECLARED.format("utf-16").encode("utf-16"), None, id="utf-16 with bom"),
        pytest.param(DECLARED.format("utf-16").encode("utf-16-le"), None, id="utf-16 without bom"),
        pytest.param(DECLARED.format("utf-8").encode("utf-16"), None, id="utf-16 declared utf-8"),
        pytest.param(BODY.encode("latin-1"), "cp1252", id="latin-1 not declared"),
        pytest.param(DECLARED.format("utf-8").encode("cp1252"), "cp1252", id="latin-1 declared utf-8"),
        pytest.param(DECLARED.format("utf-16").encode(), "utf8", id="utf-8 declared utf-16"),
        pytest.param(DECLARED.format("iso-8859-1").encode(), "utf8", id="utf-8 declared iso-8859-1"),
        pytest.param(b"\n " + DECLARED.format("utf-8").encode(), "leading_blank", id="blank first"),
        pytest.param(BOM + b"\r\n" + DECLARED.format("utf-8").encode(), "leading_blank", id="bom and blank"),
        pytest.param(BOM + BOM + BODY.encode(), "double_bom", id="two boms"),
        pytest.param(BODY.encode() + b"\n\0\0\0", "trailing_bytes", id="nuls last"),
        pytest.param(BODY.encode() + b"\x1a", "trailing_bytes", id="ctrl-z last"),
        pytest.param(
            BOM + BOM + b"\n" + BODY.encode("cp1252") + b"\0",
            "double_bom+leading_blank+trailing_bytes+cp1252",
            id="all at once",
        ),
    ],
)
def test_encodings(content: bytes, repair: str | None) -> None:
    parsed = parse(content, limits=Limits())
    assert (parsed.root.text, parsed.repair) == (TEXT, repair)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b" \n\0", "not_xml"),
        (b"%PDF-1.7 ...", "not_xml"),
        (b'{"a": 1}', "not_xml"),
        (b"\x00\x05\x16\x07\x00\x02", "not_xml"),
        (b"<html><body>Service Unavailable<br></body></html>", "not_xml"),
        (b"<!DOCTYPE html><html><body/></html>", "not_xml"),
        (b"<a>", "malformed_xml"),
        (b"<a/><a/>", "malformed_xml"),
        (b"<a>1 & 2</a>", "malformed_xml"),
        (b"<a>\x0b</a>", "malformed_xml"),
        (b"<n:a/>", "malformed_xml"),
        (b"<a>&undefined;</a>", "malformed_xml"),
        (b"<a>\xe3\x81</a>", "malformed_xml"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', "unsupported_encoding"),
        (b'<?xml version="1.0" encoding="cp037"?><a/>', "unsupported_encoding"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "doctype_forbidden"),
        (b"<!DOCTYPE a><a/>", "doctype_forbidden"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', "doctype_forbidden"),
        (b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]><a/>', "doctype_forbidden"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"), "doctype_forbidden"),
        (b"<a>" * 300 + b"</a>" * 300, "too_deep"),
    ],
)
def test_refusals(content: bytes, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(content, limits=Limits())
    assert caught.value.reason == reason
    assert reasons()[reason].hint


def entity_bomb(levels: int) -> bytes:
    entities = '<!ENTITY e0 "lol">' + "".join(
        f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, levels)
    )
    return f"<!DOCTYPE a [{entities}]><a>&e{levels - 1};</a>".encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(entity_bomb(10), "doctype_forbidden", id="entities"),
        pytest.param(b"<a>" + b"<b/>" * 2_000_000 + b"</a>", "too_many_elements", id="elements"),
        pytest.param(
            b"<a " + b"".join(b'b%d="" ' % n for n in range(500_000)) + b"/>",
            "too_many_elements",
            id="attributes",
        ),
        pytest.param(b"<a>" + b"x" * (11 << 20) + b"</a>", "too_large", id="text"),
    ],
)
def test_bombs_cost_little(content: bytes, reason: str) -> None:
    tracemalloc.start()
    with pytest.raises(Refused) as caught:
        parse(content, limits=Limits())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.reason == reason
    assert peak < len(content) + (1 << 20)


def test_nothing_is_included() -> None:
    content = (
        b'<a xmlns:i="http://www.w3.org/2001/XInclude">'
        b'<i:include href="file:///etc/hostname" parse="text"/></a>'
    )
    (include,) = parse(content, limits=Limits()).root
    assert include.text is None
    assert len(include) == 0


def test_white_space_is_kept_only_where_it_is_asked_for() -> None:
    content = b"<a>\n  <b>1</b>\n</a>\0"
    assert parse(content, limits=Limits()).root.text is None
    kept = parse(content, limits=Limits(), verbatim=True)
    assert (kept.root.text, kept.repair) == ("\n  ", "trailing_bytes")
    with pytest.raises(Refused):
        parse(b"<!DOCTYPE a><a/>", limits=Limits(), verbatim=True)


def test_comments_and_cdata_are_one_text() -> None:
    assert parse(b"<a>1<!-- no -->2<![CDATA[<3>]]></a>", limits=Limits()).root.text == "12<3>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("name", ["nfe_proc", "cte_proc"])
def test_a_document_reads_the_same_in_every_encoding(
    name: str, encoding: str, rows: Callable[..., list[dict[str, Any]]]
) -> None:
    original = document(name)
    recoded = original.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    for table in ("documents", "items", "parties", "protocols"):
        read, expected = rows(table, recoded), rows(table, original)
        assert [drop_content(row) for row in read] == [drop_content(row) for row in expected]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda xml: xml.replace(b' xmlns="http://www.portalfiscal.inf.br/nfe"', b""), id="none"),
        pytest.param(
            lambda xml: xml.replace(b"<", b"<n:").replace(b"<n:/", b"</n:").replace(b"<n:?", b"<?")
            .replace(b"<n:!", b"<!").replace(b"xmlns=", b"xmlns:n="),
            id="prefix",
        ),
    ],
)  # fmt: skip
def test_namespaces_do_not_matter(
    change: Callable[[bytes], bytes], rows: Callable[..., list[dict[str, Any]]]
) -> None:
    original = document("nfe_proc").replace(b' xmlns="http://www.w3.org/2000/09/xmldsig#"', b"")
    original = original.replace(b"<![CDATA[Brinde <amostra>]]>", b"Brinde")
    original = original[original.index(b"<nfeProc") :]
    for table in ("documents", "items", "item_taxes", "parties", "protocols"):
        read, expected = rows(table, change(original)), rows(table, original)
        assert [drop_content(row) for row in read] == [drop_content(row) for row in expected]


def test_a_repair_is_recorded(read: Callable[..., Reading]) -> None:
    content = document("nfe_proc").decode().replace('encoding="UTF-8"', "").encode("cp1252")
    (payload,) = read(content).tables["payloads"].to_pylist()
    assert payload["encoding_repair"] == "cp1252"
    assert read(document("nfe_proc")).tables["payloads"].to_pylist()[0]["encoding_repair"] is None


def drop_content(row: dict[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column != "_content_sha256"}
