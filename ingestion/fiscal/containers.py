"""Containers: what packs fiscal XML, opened by content, in streams, within limits.

Holds zip, tar, tar.gz, gz and the answers of distribution (docZip). Nothing is written to disk and names
inside an archive are only ever labels; whether a found XML is worth anything is the reader's business. A
container that cannot be read becomes a refusal among its parts, and what could be read of it stands.
"""

import base64
import binascii
import gzip
import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

from ingestion.fiscal.classify import Kinds
from ingestion.fiscal.file_signatures import file_signature_of
from ingestion.fiscal.limits import MIB, Limits
from ingestion.fiscal.parser import local_name, parse
from ingestion.fiscal.refusals import Refused

_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_SNIFFED = 512
_CHUNK = 1 << 16

_ENCRYPTED = 0x1
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Entries that make a zip a spreadsheet or a text (OOXML, ODF); it lies beside the XML in many an inbox.
_OFFICE_MARKS = frozenset({"[Content_Types].xml", "mimetype"})

# What the standard library raises for archives that are not what they say.
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    IndexError,
    OverflowError,
)

# The name of the root element, where it is plain to see.
_FIRST_ELEMENT = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml [^<>]{0,100}\?>)?\s{0,9}<([A-Za-z]{1,30})[\s>]")

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Leaf:
    """The bytes of what is no container, hopefully an XML. `inner_path` is '' for the file itself."""

    inner_path: str
    content: bytes
    nsu: str | None = None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedPart:
    """A part of a file that could not be taken out.

    `content` is the smallest piece of which the bytes are at hand, `inner_path` its place: the part itself,
    or the container it is in, of which `entry` is then the part. None stands for the file itself.
    """

    inner_path: str
    refused: Refused
    content: bytes | None
    entry: str = ""


Part: TypeAlias = Leaf | RefusedPart

Stream: TypeAlias = io.BufferedReader | io.BytesIO
"""A seekable stream of bytes: an open file, or bytes in memory."""


def open_parts(
    stream: Stream,
    *,
    size: int,
    limits: Limits,
    kinds: Kinds,
    inner_path: str = "",
    content: bytes | None = None,
) -> Iterator[Part]:
    """Everything in a file that is no container, in the container's order; the file itself when it is none.

    `stream` is seekable and stands at its start; `content` are its bytes where they are in memory anyhow. One
    part at a time is in memory, at most `limits.entry_bytes`. A container without entries gives a refusal, so
    no file ends without a part.
    """
    return _Unpacking(size, limits, kinds).parts(stream, size, inner_path, 0, content)


def label(name: str) -> str:
    """A name from an archive as part of a place: no control character, no way up, no separator."""
    parts = _CONTROL.sub("?", name).replace("\\", "/").split("/")
    return escaped("/".join(part for part in parts if part not in ("", ".", ".."))[-_LONGEST_NAME:])


def escaped(text: str) -> str:
    """Text as part of a place, where `!` separates levels and `#` a unit: those become %21 and %23."""
    return text.replace("%", "%25").replace("!", "%21").replace("#", "%23")


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    return text.replace("%23", "#").replace("%21", "!").replace("%25", "%")


class _Unpacking:
    """The unpacking of one file: what was inflated so far counts against the limits of the whole."""

    def __init__(self, size: int, limits: Limits, kinds: Kinds) -> None:
        self._limits = limits
        self._kinds = kinds
        self._inflated = 0
        self._most = min(limits.archive_bytes, max(limits.ratio_above, limits.ratio * size))

    def parts(
        self, stream: Stream, size: int, place: str, depth: int, content: bytes | None
    ) -> Iterator[Part]:
        """The parts of a file or entry that lies `depth` containers deep."""
        head = stream.read(_SNIFFED)
        stream.seek(0)
        kind = _container(head)
        if kind is None:
            yield from self._leaf(stream, size, place, depth, content)
            return
        found = 0
        try:
            if depth == self._limits.nesting:
                raise Refused("nesting_too_deep", f"{kind} within {depth} others")
            for part in self._entries(kind, stream, size, place, depth, content):
                found += 1
                yield part
            if not found:
                raise Refused("no_documents", f"{kind} without entries")
        except Refused as refused:
            yield RefusedPart(place, refused, content)
        except _DAMAGE as error:
            yield RefusedPart(place, _damaged(kind, error), content)

    def _entries(
        self, kind: str, stream: Stream, size: int, place: str, depth: int, content: bytes | None
    ) -> Iterator[Part]:
        match kind:
            case "zip":
                return self._zip(stream, size, place, depth, content)
            case "tar":
                return self._tar(
                    tarfile.open(fileobj=stream, mode="r:", tarinfo=_BoundedTarInfo), place, depth, content
                )
            case "gzip":
                return self._gzip(stream, size, place, depth, content)
            case _:
                raise Refused("unsupported_archive", kind)

    def _leaf(
        self, stream: Stream, size: int, place: str, depth: int, content: bytes | None
    ) -> Iterator[Part]:
        if size > self._limits.entry_bytes:
            yield RefusedPart(place, Refused("too_large", f"{size} bytes"), content)
            return
        whole = stream.read() if content is None else content
        answers = self._doc_zips(whole)
        if answers:
            yield from self._distribution(answers, place, depth, whole)
        else:
            yield Leaf(place, whole)

    # archives

    def _zip(
        self, stream: Stream, size: int, place: str, depth: int, content: bytes | None
    ) -> Iterator[Part]:
        _check_zip_directory(stream, size, self._limits)
        with zipfile.ZipFile(stream) as archive:
            if not _OFFICE_MARKS.isdisjoint(archive.namelist()):
                raise Refused("not_xml", "Office document")
            for info in archive.infolist():
                if info.is_dir() and not info.file_size:
                    continue
                try:
                    if info.flag_bits & _ENCRYPTED:
                        raise Refused("encrypted_archive", "zip entry with a password")
                    if info.compress_type not in _ZIP_METHODS:
                        raise Refused("unsupported_archive", f"zip method {info.compress_type}")
                    with archive.open(info) as entry:
                        data = self._inflate(entry, info.compress_size)
                except Refused as refused:
                    if self._inflated > self._most:
                        raise
                    yield RefusedPart(place, refused, content, label(info.filename))
                except _DAMAGE as error:
                    yield RefusedPart(place, _damaged("zip entry", error), content, label(info.filename))
                else:
                    inner = _join(place, info.filename)
                    yield from self.parts(io.BytesIO(data), len(data), inner, depth + 1, data)

    def _tar(self, archive: tarfile.TarFile, place: str, depth: int, content: bytes | None) -> Iterator[Part]:
        with archive:
            for number, member in enumerate(archive):
                if number == self._limits.archive_entries:
                    raise Refused("too_many_entries", f"tar with more than {number}")
                # a TarFile keeps every member it met; in a stream none is needed again
                archive.members = []  # type: ignore[attr-defined]
                if member.isdir():
                    continue
                entry = archive.extractfile(member) if member.isreg() else None
                if entry is None:
                    refused = Refused("unsupported_archive", "tar entry that is no file")
                    yield RefusedPart(place, refused, content, label(member.name))
                    continue
                data = entry.read(self._limits.entry_bytes + 1)
                if len(data) > self._limits.entry_bytes:
                    refused = Refused("too_large", f"more than {len(data) - 1} bytes")
                    yield RefusedPart(place, refused, content, label(member.name))
                    continue
                yield from self.parts(io.BytesIO(data), len(data), _join(place, member.name), depth + 1, data)

    def _gzip(
        self, stream: Stream, size: int, place: str, depth: int, content: bytes | None
    ) -> Iterator[Part]:
        with gzip.GzipFile(fileobj=stream) as inflated:
            head = inflated.read(_SNIFFED)
            inflated.seek(0)
            if _container(head) == "tar":
                # one level, as the people who made the file see it
                metered: Any = _Metered(inflated, self)
                archive = tarfile.open(fileobj=metered, mode="r|", tarinfo=_BoundedTarInfo)  # noqa: SIM115
                yield from self._tar(archive, place, depth, content)
                return
            data = self._inflate(inflated, size)
        yield from self.parts(io.BytesIO(data), len(data), place, depth + 1, data)

    # distribution

    def _doc_zips(self, content: bytes) -> list[Any]:
        """The docZip elements of an answer of distribution; none for anything else."""
        first = _FIRST_ELEMENT.match(content)
        if first is not None and first[1].decode() in self._kinds.wrappers:
            return []
        is_wide = b"\0" in content[:4]
        if (b"d\0o\0c\0Z\0i\0p" if is_wide else b"docZip") not in content:
            return []
        try:
            root = parse(content, limits=self._limits).root
        except Refused:
            return []
        if not any(local_name(element) in self._kinds.distributions for element in root.iter()):
            return []
        return list(root.iter("{*}docZip"))

    def _distribution(self, doc_zips: list[Any], place: str, depth: int, content: bytes) -> Iterator[Part]:
        if depth == self._limits.nesting:
            yield RefusedPart(
                place, Refused("nesting_too_deep", f"distribution within {depth} archives"), content
            )
            return
        for number, element in enumerate(doc_zips, start=1):
            inner = _join(place, f"docZip[{number}]")
            data = content
            try:
                data = base64.b64decode("".join((element.text or "").split()), validate=True)
                if data.startswith(b"\x1f\x8b"):
                    with gzip.GzipFile(fileobj=io.BytesIO(data)) as inflated:
                        data = self._inflate(inflated, len(data))
            except Refused as refused:
                yield RefusedPart(inner, refused, data)
                continue
            except (binascii.Error, *_DAMAGE) as error:
                yield RefusedPart(inner, _damaged("docZip", error), data)
                continue
            nsu, schema = _attribute(element, "NSU"), _attribute(element, "schema")
            for part in self.parts(io.BytesIO(data), len(data), inner, depth + 1, data):
                yield replace(part, nsu=nsu, schema=schema) if isinstance(part, Leaf) else part

    # limits

    def _inflate(self, stream: Any, compressed: int) -> bytes:
        """All of an inflating stream, chunk by chunk, so that a bomb is noticed while it is small."""
        most = max(self._limits.ratio_above, self._limits.ratio * compressed)
        chunks = []
        size = 0
        while chunk := stream.read(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            self.count(len(chunk))
            if size > most:
                raise Refused("ratio_exceeded", f"{compressed} bytes inflate to more than {most}")
            if size > self._limits.entry_bytes:
                raise Refused("too_large", f"more than {self._limits.entry_bytes} bytes")
        return b"".join(chunks)

    def count(self, inflated: int) -> None:
        """Count inflated bytes; Refused when the file as a whole gives too many."""
        self._inflated += inflated
        if self._inflated > self._most:
            raise self._exceeded()

    def _exceeded(self) -> Refused:
        if self._most == self._limits.archive_bytes:
            return Refused("too_large", f"the whole file inflates to more than {self._most} bytes")
        return Refused("ratio_exceeded", f"the whole file inflates to more than {self._most} bytes")


class _Metered:
    """A stream for tarfile that counts what is read from it."""

    def __init__(self, stream: gzip.GzipFile, unpacking: _Unpacking) -> None:
        self._stream = stream
        self._unpacking = unpacking

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._unpacking.count(len(data))
        return data


class _BoundedTarInfo(tarfile.TarInfo):
    """Refuses extension headers that would be read into memory whole."""

    def _proc_member(self, archive: tarfile.TarFile) -> Self:
        is_extension = self.type in (
            tarfile.XHDTYPE,
            tarfile.XGLTYPE,
            tarfile.SOLARIS_XHDTYPE,
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
        )
        if is_extension and self.size > MIB:
            raise tarfile.ReadError(f"header of {self.size} bytes")
        member: Self = super()._proc_member(archive)  # type: ignore[misc]
        return member


def _container(head: bytes) -> str | None:
    """zip, gzip, tar, or the name of an archive that is not read; None for anything else."""
    if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + len(_TAR_MAGIC)] == _TAR_MAGIC:
        return "tar"
    if head.startswith(b"<"):
        # no signature does; nine in ten files end here
        return None
    signature = file_signature_of(head)
    if signature is None or not signature.is_archive:
        return None
    return "zip" if signature.name.startswith("zip") else signature.name


_END = struct.Struct("<10xH2L")  # entries, size and offset of the central directory
_END_SIZE = 22
_ZIP64_END = struct.Struct("<32x3Q")
_ZIP64_END_SIZE, _ZIP64_LOCATOR_SIZE = 56, 20
_ZIP_COMMENT = 0xFFFF


def _check_zip_directory(stream: Stream, size: int, limits: Limits) -> None:
    """Refuse a zip with too many entries before zipfile makes an object of each.

    The count that the archive states may lie, so the entries' marks in the central directory are counted,
    which zipfile takes to end where the end record starts.
    """
    tail_size = min(size, _ZIP_COMMENT + _END_SIZE + _ZIP64_LOCATOR_SIZE + _ZIP64_END_SIZE)
    stream.seek(size - tail_size)
    tail = stream.read(tail_size)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END_SIZE:
        raise Refused("corrupt_archive", "zip: no end record")
    entries, directory_size, _ = _END.unpack_from(tail, at)
    end = size - tail_size + at
    zip64_at = at - _ZIP64_LOCATOR_SIZE - _ZIP64_END_SIZE
    if zip64_at >= 0 and tail[zip64_at : zip64_at + 4] == b"PK\6\6":
        entries, directory_size, _ = _ZIP64_END.unpack_from(tail, zip64_at)
        end = size - tail_size + zip64_at
    start = end - directory_size
    if start < 0 or directory_size > limits.entry_bytes:
        raise Refused("corrupt_archive", f"zip: a central directory of {directory_size} bytes")
    stream.seek(start)
    if max(entries, stream.read(directory_size).count(b"PK\1\2")) > limits.archive_entries:
        raise Refused("too_many_entries", f"zip with more than {limits.archive_entries}")
    stream.seek(0)


def _damaged(what: str, error: Exception) -> Refused:
    return Refused("corrupt_archive", f"{what}: {error}" if str(error) else f"{what}: {type(error).__name__}")


def _join(place: str, name: str) -> str:
    return f"{place}!{label(name)}" if place else label(name)


def _attribute(element: Any, name: str) -> str | None:
    text = (element.get(name) or "").strip()[:_LONGEST_NAME]
    return text or None
