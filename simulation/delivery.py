"""How XML reaches the company: files in folder trees, archives, answers of the distribution service, lots.

A document's text is written by xml/; here it is only encoded, wrapped and put somewhere. Every archive is
closed after some hundred documents, so memory does not grow with the world, and carries fixed timestamps, so
its bytes repeat.
"""

import gzip
import tarfile
import zipfile
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from random import Random
from typing import NamedTuple, Protocol

from simulation.clock import AS_OF, offset
from simulation.companies import Branch
from simulation.documents import Document, Kind
from simulation.events import Event
from simulation.stories import Story
from simulation.xml import cte, events, nfe, voiding
from simulation.xml.signature import Signed

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_LATIN_DECLARATION = '<?xml version="1.0" encoding="ISO-8859-1"?>'
_BOM = b"\xef\xbb\xbf"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
# The authority's own limits: 50 documents in an answer of the distribution service and in a lot.
_DOCUMENTS_PER_ANSWER = 50
_NOTES_PER_LOT = 10
_MEMBERS_PER_ARCHIVE = 1_000
_INNER_ARCHIVES = 8
_OPEN_ARCHIVES = 64
# Loose files are what small worlds are made of; a file system does not thank for a million of them.
_MOST_LOOSE_FILES = 5_000
_LOOSE_SHARE = 0.16
_ANSWERED_AT = AS_OF.astimezone(offset(-3)).isoformat()
# Per service: namespace, version of the answer, name of the web service.
_SERVICES = {
    "nfe": (nfe.NAMESPACE, "1.01", "NFeDistribuicaoDFe"),
    "cte": (cte.NAMESPACE, "1.00", "CTeDistribuicaoDFe"),
}
# One level less than the default costs a tenth more bytes and half the time.
_COMPRESSION = 4


class Member(NamedTuple):
    """A file to be delivered: its name without folder, its bytes, the ``schema`` of its docZip."""

    name: str
    content: bytes
    schema: str


class Archive(Protocol):
    """Something that takes members until it is closed."""

    @property
    def members(self) -> int:
        """Return how many members it has."""

    def add(self, member: Member) -> None:
        """Take a member."""

    def close(self) -> None:
        """Write what is left."""


class ZipInMemory:
    """A zip in the making, in memory: in a file it would go back and forth at every member."""

    def __init__(self) -> None:
        self.members = 0
        self._buffer = BytesIO()
        self._zip = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)

    def add(self, member: Member) -> None:
        """Compress a member."""
        self._zip.writestr(_zip_info(member.name, zipfile.ZIP_DEFLATED), member.content)
        self.members += 1

    def finish(self) -> bytes:
        """Write the directory and return the whole zip."""
        self._zip.close()
        return self._buffer.getvalue()


class ZipOfFiles:
    """A zip whose members are XML files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = ZipInMemory()

    @property
    def members(self) -> int:
        """Return how many members it has."""
        return self._zip.members

    def add(self, member: Member) -> None:
        """Compress a member."""
        self._zip.add(member)

    def close(self) -> None:
        """Write the file."""
        self._path.write_bytes(self._zip.finish())


class ZipOfZips:
    """A zip whose members are zips, as accountants send them."""

    def __init__(self, path: Path) -> None:
        self.members = 0
        self._outer = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)
        self._inner = ZipInMemory()
        self._count = 0

    def add(self, member: Member) -> None:
        """Put a member into the inner zip."""
        self._inner.add(member)
        self.members += 1
        if self._inner.members >= _MEMBERS_PER_ARCHIVE // _INNER_ARCHIVES:
            self._flush()

    def close(self) -> None:
        """Write the last inner zip and the directory."""
        if self._inner.members:
            self._flush()
        self._outer.close()

    def _flush(self) -> None:
        self._count += 1
        info = _zip_info(f"lote_{self._count:02d}.zip", zipfile.ZIP_STORED)
        self._outer.writestr(info, self._inner.finish())
        self._inner = ZipInMemory()


class TarOfFiles:
    """A gzipped tar."""

    def __init__(self, path: Path) -> None:
        self.members = 0
        self._file = path.open("wb")
        self._gzip = gzip.GzipFile(
            filename="", mode="wb", compresslevel=_COMPRESSION, fileobj=self._file, mtime=0
        )
        self._tar = tarfile.TarFile(fileobj=self._gzip, mode="w", format=tarfile.USTAR_FORMAT)

    def add(self, member: Member) -> None:
        """Append a member."""
        info = tarfile.TarInfo(member.name)
        info.size = len(member.content)
        self._tar.addfile(info, BytesIO(member.content))
        self.members += 1

    def close(self) -> None:
        """Write the end of the tar and of the gzip stream."""
        self._tar.close()
        self._gzip.close()
        self._file.close()


class Answers:
    """Answers of the distribution service to one CNPJ: docZips under rising NSU, 50 to an answer."""

    def __init__(self, folder: Path, *, service: str) -> None:
        self.members = 0
        self.files = 0
        self._folder = folder
        self._service = service
        self._pending: list[str] = []

    def add(self, member: Member) -> None:
        """Take a document as a docZip: base64 of gzip."""
        self.members += 1
        zipped = b64encode(gzip.compress(member.content, _COMPRESSION, mtime=0)).decode()
        self._pending.append(f'<docZip NSU="{self.members:015d}" schema="{member.schema}">{zipped}</docZip>')
        if len(self._pending) >= _DOCUMENTS_PER_ANSWER:
            self._flush()

    def close(self) -> None:
        """Write the last answer."""
        if self._pending:
            self._flush()

    def _flush(self) -> None:
        last = f"{self.members:015d}"
        namespace, version, system = _SERVICES[self._service]
        answer = (
            f'<retDistDFeInt xmlns="{namespace}" versao="{version}"><tpAmb>1</tpAmb>'
            "<verAplic>SIMULA_1.00</verAplic>"
            f"<cStat>138</cStat><xMotivo>Documento(s) localizado(s)</xMotivo><dhResp>{_ANSWERED_AT}</dhResp>"
            f"<ultNSU>{last}</ultNSU><maxNSU>{last}</maxNSU>"
            f"<loteDistDFeInt>{''.join(self._pending)}</loteDistDFeInt></retDistDFeInt>"
        )
        # Every third answer was saved as it came off the wire, with its SOAP envelope; which one comes first
        # depends on the CNPJ, so that a small world has one too.
        if (self.files + int(self._folder.name[-1])) % 3 == 0:
            operation = f"{self._service}DistDFeInteresse"
            answer = (
                '<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body>'
                f'<{operation}Response xmlns="{namespace}/wsdl/{system}">'
                f"<{operation}Result>{answer}</{operation}Result>"
                f"</{operation}Response></soap:Body></soap:Envelope>"
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{self._service}-{last}.xml").write_bytes((_DECLARATION + answer).encode())
        self.files += 1
        self._pending.clear()


@dataclass(slots=True)
class _Lot:
    """The notes of a branch that wait to be sent together."""

    number: int = 0
    waiting: list[tuple[Document, Signed]] = field(default_factory=list)


class Delivery:
    """Puts the documents and events of a world under ``inbox/xml``.

    Close it when done; what is only half full is written then. ``files`` counts what it wrote.
    """

    def __init__(self, folder: Path, *, documents: int) -> None:
        self.files = 0
        self._folder = folder
        self._loose = min(_LOOSE_SHARE, _MOST_LOOSE_FILES / documents)
        # Whatever else becomes a file of its own grows scarce together with the loose documents.
        self._scarcity = self._loose / _LOOSE_SHARE
        self._archives: OrderedDict[tuple[str, str, str], Archive] = OrderedDict()
        self._parts: dict[tuple[str, str, str], int] = {}
        self._answers: dict[tuple[str, str], Answers] = {}
        self._lots: dict[str, _Lot] = {}
        self._made: set[str] = set()
        self._ways: dict[str, Callable[[Branch, datetime, Member], None]] = {
            "loose": self._to_folder,
            "zip": self._to_zip,
            "nested": self._to_nested_zip,
            "tar": self._to_tar,
            "answer": self._to_answer,
        }

    def deliver(self, story: Story, *, rng: Random) -> None:
        """Deliver a story's document and events; of one without a document only that its number is void."""
        if story.voided_at:
            self._deliver_voiding(story.document, story.voided_at)
        if not story.is_delivered:
            return
        document = story.document
        signed = cte.render(document) if document.model == "57" else nfe.render(document)
        chance = rng.random()
        is_sent = document.is_issued and document.shape.environment == "1" and document.shape.status == "100"
        if is_sent and chance < 0.12:
            self._send_in_lot(document, signed, alone=chance < 0.03 * self._scarcity)
        else:
            self._deliver_processed(document, signed, rng)
        for event in story.events:
            self._deliver_event(event, document.branch, rng)

    def close(self) -> None:
        """Write what is still waiting."""
        for code in sorted(self._lots):
            self._flush_lot(code)
        for archive in self._archives.values():
            archive.close()
        self._archives.clear()
        for answers in self._answers.values():
            answers.close()
            self.files += answers.files

    def _deliver_processed(self, document: Document, signed: Signed, rng: Random) -> None:
        is_cte = document.model == "57"
        text = (cte if is_cte else nfe).processed(document, signed)
        suffix, schema = ("-procCTe", "procCTe_v4.00.xsd") if is_cte else ("-procNFe", "procNFe_v4.00.xsd")
        name = f"{document.access_key}{suffix}.xml"
        branch, at = document.branch, document.issued_at
        # The service answers for the production environment only, and never in another encoding.
        way = self._way(rng) if document.shape.environment == "1" else "zip"
        content = (_DECLARATION + text).encode() if way == "answer" else _encode(text, rng)
        member = Member(name, content, schema)
        if way == "answer" and document.kind is Kind.PURCHASE:
            # The service hands out the summary first, the note once the recipient has manifested himself.
            summary = (_DECLARATION + nfe.summary(document, signed.digest)).encode()
            self._to_answer(branch, at, Member("", summary, "resNFe_v1.01.xsd"))
        self._ways[way](branch, at, member)
        if document.kind is Kind.TRANSFER and document.other_branch:
            # The receiving branch gets its own copy.
            copy = member._replace(content=(_DECLARATION + text).encode())
            self._to_answer(document.other_branch, at, copy)
        elif rng.random() < 0.04:
            self._deliver_again(document, signed, member, rng)

    def _deliver_again(self, document: Document, signed: Signed, member: Member, rng: Random) -> None:
        """Deliver a document again: the same bytes elsewhere, or without its protocol, as mailed."""
        if rng.random() > 0.5 * self._scarcity:
            self._to_tar(document.branch, document.issued_at, member)
            return
        suffix = "cte" if document.model == "57" else "nfe"
        naked = Member(f"{document.access_key}-{suffix}.xml", (_DECLARATION + signed.xml).encode(), "")
        self._write(f"email/{document.branch.party.tax_id}", naked)

    def _deliver_event(self, event: Event, branch: Branch, rng: Random) -> None:
        is_cte = event.document.model == "57"
        suffix, schema = (
            ("-procEventoCTe", "procEventoCTe_v4.00.xsd")
            if is_cte
            else ("-procEventoNFe", "procEventoNFe_v1.00.xsd")
        )
        name = f"{event.document.access_key}-{event.type}-{event.sequence:02d}{suffix}.xml"
        member = Member(name, (_DECLARATION + events.processed(event)).encode(), schema)
        way = self._way(rng)
        self._ways[way](branch, event.at, member)
        if way == "answer" and not is_cte and event.status != "573":
            summary = (_DECLARATION + events.summary(event)).encode()
            self._to_answer(branch, event.at, Member("", summary, "resEvento_v1.01.xsd"))

    def _deliver_voiding(self, document: Document, at: datetime) -> None:
        # Distribution hands none out: the issuer keeps them with what he sent himself.
        content = (_DECLARATION + voiding.processed(document, at)).encode()
        self._to_zip(document.branch, at, Member(f"{document.access_key[:34]}-procInutNFe.xml", content, ""))

    def _way(self, rng: Random) -> str:
        chance = rng.random()
        if chance < self._loose:
            return "loose"
        chance = (chance - self._loose) / (1 - self._loose)
        if chance < 0.60:
            return "zip"
        if chance < 0.70:
            return "nested"
        return "tar" if chance < 0.82 else "answer"

    # --- where things go

    def _to_folder(self, branch: Branch, at: datetime, member: Member) -> None:
        self._write(
            f"{_slug(branch.company)}/{branch.party.tax_id}/{at.year}-{at.month:02d}/{at.day:02d}", member
        )

    def _to_zip(self, branch: Branch, at: datetime, member: Member) -> None:
        self._to_archive("mensal", branch, at, "zip", ZipOfFiles, member)

    def _to_nested_zip(self, branch: Branch, at: datetime, member: Member) -> None:
        self._to_archive("contabilidade", branch, at, "zip", ZipOfZips, member)

    def _to_tar(self, branch: Branch, at: datetime, member: Member) -> None:
        self._to_archive("backup", branch, at, "tar.gz", TarOfFiles, member)

    def _to_answer(self, branch: Branch, _at: datetime, member: Member) -> None:
        is_cte = "CTe" in member.schema
        service = "cte" if is_cte else "nfe"
        tax_id = branch.party.tax_id
        answers = self._answers.get((tax_id, service))
        if answers is None:
            answers = Answers(self._folder / "distribuicao" / tax_id, service=service)
            self._answers[tax_id, service] = answers
        answers.add(member)

    def _to_archive(
        self,
        folder: str,
        branch: Branch,
        at: datetime,
        suffix: str,
        make: Callable[[Path], Archive],
        member: Member,
    ) -> None:
        key = (folder, branch.party.tax_id, f"{at.year}-{at.month:02d}")
        archive = self._archives.get(key)
        if archive is None:
            if len(self._archives) >= _OPEN_ARCHIVES:
                self._archives.popitem(last=False)[1].close()
            part = self._parts.get(key, 0) + 1
            self._parts[key] = part
            path = self._folder / folder / key[1] / f"{key[2]}-{part:03d}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            archive = self._archives[key] = make(path)
            self.files += 1
        archive.add(member)
        if archive.members >= _MEMBERS_PER_ARCHIVE:
            archive.close()
            del self._archives[key]

    def _send_in_lot(self, document: Document, signed: Signed, *, alone: bool) -> None:
        """Leave the note without its protocol; the protocol arrives in the answer to the lot."""
        lot = self._lots.setdefault(document.branch.code, _Lot())
        lot.waiting.append((document, signed))
        if alone or len(lot.waiting) >= _NOTES_PER_LOT:
            self._flush_lot(document.branch.code)

    def _flush_lot(self, code: str) -> None:
        lot = self._lots[code]
        if not lot.waiting:
            return
        lot.number += 1
        first = lot.waiting[0][0]
        number = int(code) * 1_000_000 + lot.number
        tax_id, uf_code = first.branch.party.tax_id, first.branch.party.place.uf_code
        if len(lot.waiting) == 1:
            sent = Member(f"{first.access_key}-nfe.xml", (_DECLARATION + lot.waiting[0][1].xml).encode(), "")
        else:
            text = nfe.lot(number, (signed.xml for _, signed in lot.waiting))
            sent = Member(f"{number}-env-lot.xml", (_DECLARATION + text).encode(), "")
        self._write(f"emissor/{tax_id}/enviados", sent)
        protocols = (nfe.protocol(document, signed.digest) for document, signed in lot.waiting)
        received_at = lot.waiting[-1][0].received_at
        answer = nfe.lot_answer(number, uf_code, first.shape.environment, received_at, protocols)
        self._write(
            f"emissor/{tax_id}/retornos",
            Member(f"{number}-pro-rec.xml", (_DECLARATION + answer).encode(), ""),
        )
        lot.waiting.clear()

    def _write(self, folder: str, member: Member) -> None:
        target = self._folder / folder
        if folder not in self._made:
            target.mkdir(parents=True, exist_ok=True)
            self._made.add(folder)
        (target / member.name).write_bytes(member.content)
        self.files += 1


def _encode(text: str, rng: Random) -> bytes:
    """Encode as most systems do; some put a byte order mark in front, some save it again as ISO-8859-1."""
    chance = rng.random()
    if chance < 0.04:
        return (_LATIN_DECLARATION + text).encode("iso-8859-1")
    content = (_DECLARATION + text).encode()
    return _BOM + content if chance < 0.10 else content


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _zip_info(name: str, compression: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _ZIP_EPOCH)
    info.compress_type = compression
    # Else the zip would tell on which system it was made.
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info
