"""The hardened parser: bytes of one XML to an lxml tree, or a refusal that says why not.

Holds limits, encodings and the repairs that are allowed, each of which is reported. What the XML is does not
matter here. Bytes never come from a path, because lxml would inflate what it opens.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ingestion.fiscal.file_signatures import file_signature_of
from ingestion.fiscal.limits import Limits
from ingestion.fiscal.refusals import Refused

_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
    "strip_cdata": True,
    # white space between elements says nothing; without it a tree of a padded document is half as large
    "remove_blank_text": True,
    "collect_ids": False,
}

# A signature covers white space and processing instructions, and no comments.
_VERBATIM_OPTIONS = {**_OPTIONS, "remove_pis": False, "remove_blank_text": False}

# Encodings in which "<" is the byte 0x3C, alone or with a NUL, so that counting that byte bounds the elements
# of a document before it is parsed. UTF-7 and the EBCDIC pages, which libxml2 reads too, would hide them.
_UNICODE = frozenset({"utf-8", "utf8", "utf-16", "utf16", "utf-16le", "utf-16be"})
_SINGLE_BYTE = frozenset({"iso-8859-1", "iso8859-1", "latin1", "iso-8859-15", "windows-1252", "cp1252"})
_ENCODINGS = _UNICODE | _SINGLE_BYTE | {"ascii", "us-ascii"}
_SINGLE_BYTE_GUESS = "cp1252"

_BOM = b"\xef\xbb\xbf"
_UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_BLANK = b" \t\r\n"
_TRAILING_JUNK = _BLANK + b"\0\x1a"
_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]{0,100}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']")
_HTML = re.compile(rb"<(?:!doctype\s+)?html[\s>]", re.IGNORECASE)
_HEAD = 512

# Below this many bytes a document cannot have enough elements to matter, and counting them would cost a tenth
# of parsing.
_COUNTED_ABOVE = 1 << 20

_UNSUPPORTED_ENCODING = frozenset({31, 32})  # XML_ERR_UNKNOWN_ENCODING, XML_ERR_UNSUPPORTED_ENCODING
_RESOURCE_LIMIT = 114

_PARSER = etree.XMLParser(**_OPTIONS)
_VERBATIM_PARSER = etree.XMLParser(**_VERBATIM_OPTIONS)


@dataclass(frozen=True, slots=True)
class ParsedXml:
    """A tree, and what had to be mended to read it: slugs joined by `+`, None when nothing had to.

    double_bom, leading_blank, trailing_bytes; utf8 (declared otherwise, written in UTF-8) and cp1252
    (declared or taken for UTF-8, written in Windows-1252) tell the encoding that was read instead.
    """

    root: Any
    repair: str | None


def parse(content: bytes, *, limits: Limits, verbatim: bool = False) -> ParsedXml:
    """Parse one XML of any allowed encoding; `verbatim` keeps the white space between elements.

    Raises Refused: empty_file, too_large, not_xml, unsupported_encoding, too_many_elements, too_deep,
    doctype_forbidden, malformed_xml. No entity is resolved, nothing outside the bytes is read, and memory
    stays within a small multiple of `limits.xml_bytes`.
    """
    _check(content, limits)
    options = _VERBATIM_OPTIONS if verbatim else _OPTIONS
    try:
        root, repair = etree.fromstring(content, _VERBATIM_PARSER if verbatim else _PARSER), None
    except etree.XMLSyntaxError as error:
        root, repair = _parse_mended(content, error, options)
    described = root.getroottree().docinfo
    if described.doctype:
        raise _doctype(content)
    if repair is None and (described.encoding or "").lower() in _SINGLE_BYTE and _is_utf8(content):
        # any bytes are text in such an encoding; those that make sense as UTF-8 are no accident
        root, repair = etree.fromstring(content, etree.XMLParser(encoding="utf-8", **options)), "utf8"
    return ParsedXml(root, repair)


def local_name(element: Any) -> str:
    """An element's name without its namespace."""
    name: str = element.tag.rpartition("}")[2]
    return name


def _check(content: bytes, limits: Limits) -> None:
    if not content:
        raise Refused("empty_file", "0 bytes")
    if len(content) > limits.xml_bytes:
        raise Refused("too_large", f"{len(content)} bytes, more than the {limits.xml_bytes} of an XML")
    if not content.startswith(_UTF16_STARTS):
        start = content[:_HEAD].removeprefix(_BOM)
        if not start.startswith(b"<") and not start.replace(_BOM, b"").lstrip(_BLANK).startswith(b"<"):
            raise Refused("not_xml", _foreign(start))
    encoding = _declared_encoding(content)
    if encoding is not None and encoding not in _ENCODINGS:
        raise Refused("unsupported_encoding", encoding)
    if len(content) > _COUNTED_ABOVE and content.count(b"<") + content.count(b"=") > limits.xml_marks:
        raise Refused("too_many_elements", f"more than {limits.xml_marks} marks in {len(content)} bytes")


def _foreign(start: bytes) -> str:
    signature = file_signature_of(start)
    if signature is not None:
        return signature.name
    return f"starts with {start[:16]!r}" if start.strip(_TRAILING_JUNK) else "blank"


def _declared_encoding(content: bytes) -> str | None:
    if content.startswith(_UTF16_STARTS):
        content = content[: 2 * _HEAD].replace(b"\0", b"").lstrip(b"\xff\xfe")
    else:
        content = content[:_HEAD].replace(_BOM, b"")
    declaration = _DECLARATION.match(content)
    return None if declaration is None else declaration[1].decode("ascii", "replace").lower()


def _parse_mended(content: bytes, error: etree.XMLSyntaxError, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Parse again with what may be mended mended; the first error stands when there is nothing to mend."""
    if b"<!DOCTYPE" in content or b"<!DOCTYPE" in content.replace(b"\0", b""):
        raise _doctype(content) from error
    mended, repairs = _without_junk(content)
    encoding = _true_encoding(mended)
    if encoding is not None:
        repairs.append(encoding.replace("-", ""))
    if repairs:
        try:
            return etree.fromstring(mended, etree.XMLParser(encoding=encoding, **options)), "+".join(repairs)
        except etree.XMLSyntaxError as second:
            error = second
    if error.code in _UNSUPPORTED_ENCODING:
        raise Refused("unsupported_encoding", error.msg) from error
    if error.code == _RESOURCE_LIMIT:
        raise Refused("too_deep" if "depth" in error.msg else "too_large", error.msg) from error
    if _HTML.search(content[:_HEAD]):
        raise Refused("not_xml", "HTML page") from error
    raise Refused("malformed_xml", error.msg) from error


def _without_junk(content: bytes) -> tuple[bytes, list[str]]:
    """The bytes without what may stand around: BOMs and blanks before, NULs and Ctrl-Z after."""
    if content.startswith(_UTF16_STARTS):
        return content, []
    repairs = []
    start = content.removeprefix(_BOM)
    if start.startswith(_BOM):
        repairs.append("double_bom")
    while start.startswith(_BOM):
        start = start.removeprefix(_BOM)
    mended = start.lstrip(_BLANK)
    if len(mended) < len(start):
        repairs.append("leading_blank")
    if mended.endswith((b"\0", b"\x1a")) or mended.rstrip(_BLANK).endswith((b"\0", b"\x1a")):
        repairs.append("trailing_bytes")
        mended = mended.rstrip(_TRAILING_JUNK)
    return mended, repairs


def _true_encoding(content: bytes) -> str | None:
    """The encoding to read instead of the declared one, None where the declared one may be right."""
    declared = _declared_encoding(content) or "utf-8"
    if content.startswith(_UTF16_STARTS) or declared in _SINGLE_BYTE:
        return None
    try:
        content.decode()
    except UnicodeDecodeError:
        return _SINGLE_BYTE_GUESS
    return "utf-8" if declared in _UNICODE - {"utf-8", "utf8"} else None


def _is_utf8(content: bytes) -> bool:
    """Whether the bytes hold characters beyond ASCII, all written in UTF-8."""
    if content.isascii():
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _doctype(content: bytes) -> Refused:
    if _HTML.search(content[:_HEAD]):
        return Refused("not_xml", "HTML page")
    return Refused("doctype_forbidden", "the XML has a document type declaration")
