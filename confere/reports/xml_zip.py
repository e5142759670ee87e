"""The XML files of a report's documents in one ZIP, byte for byte as they came, each proved by its hash.

Beside them `manifest.csv` (one line per row of the report, with the file that belongs to it) and
`manifest.json` (the facts of the report). A document that is known only by a summary has a line and no
file. No query may be made here.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from confere.reports.csv_file import write_table
from confere.reports.errors import ReportError
from confere.reports.facts import ReportFacts
from confere.reports.published import BATCH_ROWS, HashedRows, canonical

MANIFEST_CSV: Final = "manifest.csv"
MANIFEST_JSON: Final = "manifest.json"
OTHER_KIND: Final = "dfe"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # a ZIP has no earlier date, and a fixed one keeps equal results equal

ReadContents = Callable[[Collection[str]], Iterable[tuple[str, bytes]]]
"""The stored contents with these SHA-256 (hex), each with its own, in any order; others are left out."""


@dataclass(frozen=True, slots=True)
class XmlMember:
    """An XML in the ZIP."""

    name: str
    sha256: str
    size: int


def write_zip(
    path: Path,
    *,
    rows: HashedRows,
    facts: ReportFacts,
    kind_by_model: Mapping[str, str],
    read_contents: ReadContents,
) -> int:
    """Writes the ZIP to `path` and says how many XML files it holds.

    `rows` carry, after the columns of the report, access key, content SHA-256 and model of their document;
    rows of one document follow each other. ReportError when the archive does not hold what the publication
    says it does.
    """
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle,
        tempfile.TemporaryDirectory(prefix="confere-report-") as folder,
    ):
        members = _Members(bundle, kind_by_model=kind_by_model, read_contents=read_contents)
        manifest = Path(folder, MANIFEST_CSV)
        header = [*(column.name for column in facts.query.columns), "file", "sha256", "size"]
        write_table(manifest, header=header, lines=_manifest_lines(rows, members=members))
        # streamed from disk: the manifest of a million documents is larger than any of them
        _add(bundle, MANIFEST_CSV, manifest)
        told = json.dumps({**facts.as_json(rows), "files": members.count}, ensure_ascii=False, indent=2)
        bundle.writestr(_info(MANIFEST_JSON), told + "\n")
    return members.count


@dataclass(frozen=True, slots=True)
class _Document:
    """What the last cells of a row say of its document; empty text for what is not known."""

    access_key: str
    sha256: str
    model: str


class _Members:
    """Puts each document's XML into the ZIP once, as the rows come by in batches."""

    def __init__(
        self, bundle: zipfile.ZipFile, *, kind_by_model: Mapping[str, str], read_contents: ReadContents
    ) -> None:
        self._bundle = bundle
        self._kind_by_model = kind_by_model
        self._read_contents = read_contents
        self._members: dict[str, XmlMember] = {}
        self.count = 0

    def of_batch(self, documents: Iterable[_Document]) -> Mapping[str, XmlMember]:
        """The members of these documents by access key; a document without an XML has none.

        A document's rows may begin in one batch and end in the next, so the last members are remembered.
        """
        wanted = {document.access_key: document for document in documents if document.sha256}
        known = {key: self._members[key] for key in wanted.keys() & self._members.keys()}
        # one content may hold several documents: a lot
        by_content: dict[str, list[_Document]] = {}
        for key, document in wanted.items():
            if key not in known:
                by_content.setdefault(document.sha256, []).append(document)
        self._members = known
        for sha256, content in self._read_contents(by_content):
            for document in by_content.pop(sha256):
                self._members[document.access_key] = self._written(document, content)
        if by_content:
            document = next(iter(by_content.values()))[0]
            raise ReportError(
                f"the archive does not hold the XML of {document.access_key} (SHA-256 {document.sha256})"
            )
        return self._members

    def _written(self, document: _Document, content: bytes) -> XmlMember:
        found = hashlib.sha256(content).hexdigest()
        if found != document.sha256:
            raise ReportError(
                f"the archive gives other bytes for {document.access_key}:"
                f" SHA-256 {found} instead of {document.sha256}"
            )
        name = f"{document.access_key}-{self._kind_by_model.get(document.model, OTHER_KIND)}.xml"
        self._bundle.writestr(_info(name), content)
        self.count += 1
        return XmlMember(name=name, sha256=found, size=len(content))


def _manifest_lines(rows: HashedRows, *, members: _Members) -> Iterator[list[str]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH_ROWS)):
        documents = [_Document(*(cell or "" for cell in row[rows.width :])) for row in batch]
        found = members.of_batch(documents)
        for row, document in zip(batch, documents, strict=True):
            member = found.get(document.access_key)
            proof = [member.name, member.sha256, str(member.size)] if member else ["", "", ""]
            yield [*(canonical(cell) for cell in row[: rows.width]), *proof]


def _add(bundle: zipfile.ZipFile, name: str, source: Path) -> None:
    with source.open("rb") as reader, bundle.open(_info(name), "w") as writer:
        while block := reader.read(1 << 20):
            writer.write(block)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
