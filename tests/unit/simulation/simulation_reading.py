"""Reads a simulated workspace the slow and plain way, and finds its mismatches with rules of its own.

A second, independent reading of the contract: what it finds must be the truth file, no more and no less.
"""

import gzip
import io
import tarfile
import zipfile
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from lxml import etree
from simulation_erps_reading import NOTES, Note, read_orders, read_table

AS_OF = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
Finding = tuple[str, str, str, str]


@dataclass
class Doc:
    """A document of the production environment, as its XML tells it."""

    key: str
    model: str
    issued_at: datetime
    issuer: str
    recipient: str
    taker: str
    amount: Decimal
    icms: Decimal
    ipi: Decimal
    items: int
    status: str | None = None
    events: list[tuple[datetime, str, str, str]] = field(default_factory=list)

    @property
    def expected_at(self) -> set[str]:
        """Return the tax ids in whose ERP the document must be."""
        return {self.issuer, self.recipient} if self.model == "55" else {self.issuer, self.taker}

    def live_event(self, *types: str) -> str | None:
        """Return the latest registered event among some types."""
        matching = [
            event for event in sorted(self.events) if event[1] in types and event[2] in {"135", "155"}
        ]
        return matching[-1][1] if matching else None


def leaves(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every XML below a folder, out of archives and docZips too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from _open(str(path.relative_to(folder)), path.read_bytes())


def _open(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _open(f"{name}!{member}", archive.read(member))
    elif content.startswith(b"\x1f\x8b"):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for info in archive:
                member = archive.extractfile(info)
                assert member is not None
                yield from _open(f"{name}!{info.name}", member.read())
    elif b"<docZip" in content:
        for index, zipped in enumerate(etree.fromstring(content).iter("{*}docZip")):
            yield f"{name}!docZip[{index}]", gzip.decompress(b64decode(zipped.text))
    else:
        yield name, content


def text(element: Any, *path: str) -> str:
    """Return the text at a path of local names, or nothing."""
    found = element.find("/".join(f"{{*}}{step}" for step in path))
    return "" if found is None or found.text is None else found.text


def read_documents(folder: Path) -> dict[str, Doc]:
    """Return the production documents by key, with their protocols and events, wherever these came from."""
    documents: dict[str, Doc] = {}
    statuses: dict[str, str] = {}
    events: dict[str, set[tuple[datetime, str, str, str]]] = defaultdict(set)
    for _, content in leaves(folder):
        root = etree.fromstring(content)
        for body in root.iter("{*}infNFe", "{*}infCte"):
            if body.find("{*}ide") is not None and text(body, "ide", "tpAmb") == "1":
                document = _document(body)
                documents[document.key] = document
        for protocol in root.iter("{*}infProt"):
            if text(protocol, "tpAmb") == "1":
                key = text(protocol, "chNFe") or text(protocol, "chCTe")
                statuses[key] = text(protocol, "cStat")
        if etree.QName(root).localname.startswith("procEvento"):
            sent, answered = root.findall(".//{*}infEvento")
            events[text(sent, "chNFe") or text(sent, "chCTe")].add((
                datetime.fromisoformat(text(answered, "dhRegEvento")),
                text(sent, "tpEvento"), text(answered, "cStat"), text(sent, "CNPJ"),
            ))  # fmt: skip
    for key, document in documents.items():
        document.status = statuses.get(key)
        document.events = sorted(events[key])
    return documents


def read_voided_numbers(folder: Path) -> set[tuple[str, ...]]:
    """Return issuer, year, model, series and number of what SEFAZ declared void in production."""
    voided = set()
    for _, content in leaves(folder):
        for answer in etree.fromstring(content).iterfind(".//{*}retInutNFe/{*}infInut"):
            if text(answer, "tpAmb") == "1" and text(answer, "cStat") == "102":
                first, last = int(text(answer, "nNFIni")), int(text(answer, "nNFFin"))
                of = (text(answer, "CNPJ"), text(answer, "ano"), text(answer, "mod"), text(answer, "serie"))
                voided |= {(*of, str(number)) for number in range(first, last + 1)}
    return voided


def _number_of(key: str) -> tuple[str, ...]:
    return key[6:20], key[2:4], key[20:22], str(int(key[22:25])), str(int(key[25:34]))


def _document(body: Any) -> Doc:
    key = body.get("Id")[3:]
    issued_at = datetime.fromisoformat(text(body, "ide", "dhEmi"))

    def party(tag: str) -> str:
        return text(body, tag, "CNPJ") or text(body, tag, "CPF")

    if key[20:22] == "57":
        role = text(body, "ide", "toma3", "toma")
        taker = {"0": party("rem"), "3": party("dest")}.get(role) or text(body, "ide", "toma4", "CNPJ")
        icms = body.find(".//{*}ICMS//{*}vICMS")
        return Doc(
            key, "57", issued_at, party("emit"), party("dest"), taker,
            Decimal(text(body, "vPrest", "vTPrest")),
            Decimal(icms.text) if icms is not None else Decimal(0), Decimal(0), 1,
        )  # fmt: skip
    total = body.find("{*}total/{*}ICMSTot")
    return Doc(
        key, "55", issued_at, party("emit"), party("dest"), "", Decimal(text(total, "vNF")),
        Decimal(text(total, "vICMS")), Decimal(text(total, "vIPI")), len(body.findall("{*}det")),
    )  # fmt: skip


def find_mismatches(workspace: Path) -> set[Finding]:
    """Return what is wrong in a workspace: cause, entity type, entity key, company CNPJ."""
    settings = yaml.safe_load((workspace / "confere.yml").read_text(encoding="utf-8"))
    activated = {b["cnpj"]: c["sync_activated_on"] for c in settings["companies"] for b in c["branches"]}
    exports = workspace / "exports"
    documents = read_documents(workspace / "inbox" / "xml")
    voided = read_voided_numbers(workspace / "inbox" / "xml")
    systems = [source["system"] for source in settings["sources"] if source["system"] in NOTES]
    notes = [note for system in systems for note in NOTES[system](exports / system)]
    _find_keys(notes, documents)
    by_key: dict[str, list[Note]] = defaultdict(list)
    by_number: dict[tuple[str, str, int, str], list[Note]] = defaultdict(list)
    for note in notes:
        by_key[note.access_key].append(note)
        by_number[note.branch, note.partner, note.number, note.series].append(note)
    queue, awareness = {}, {}
    if "protheus" in systems:
        folder = exports / "protheus"
        queue = {row["DS_CHAVENF"]: row for row in read_table(folder, "SDS") if row["DS_STATUS"] != "P"}
        awareness = {row["C00_CHVNFE"]: row["C00_STATUS"] for row in read_table(folder, "C00")}
    found: set[Finding] = set()
    explained: set[str] = set()
    for document in documents.values():
        for company in document.expected_at & activated.keys():
            cause = _cause(document, company, by_key, by_number, queue, awareness, activated, explained)
            if cause:
                found.add((cause, "document", document.key, company))
    for note in notes:
        has_model = note.species in {"SPED", "CTE"}
        if (
            has_model
            and not note.is_deleted
            and note.access_key not in documents
            and note.entity_key not in explained
        ):
            is_void = note.numbered_as in voided
            cause = "denied_or_void_number" if is_void else "erp_without_xml"
            found.add((cause, "erp_document", note.entity_key, note.branch))
    if "winthor" in systems:
        found |= _unsent_orders(exports / "winthor")
    return found


def _find_keys(notes: list[Note], documents: dict[str, Doc]) -> None:
    """Give notes of an ERP without keys that of the document of their issuer, model, series and number."""
    known = {_number_of(key)[0:1] + _number_of(key)[2:]: key for key in documents}
    for note in notes:
        if note.is_keyless_erp:
            issuer, _, *rest = note.numbered_as
            note.access_key = known.get((issuer, *rest), "")


def _unsent_orders(folder: Path) -> set[Finding]:
    """Return the orders that wait in the queue for longer than four hours, and those refused."""
    orders = read_orders(folder)
    found = set()
    for row in read_table(folder, "PCW2C_QUEUE"):
        # As in the import queue: three hours behind UTC, or four.
        age = AS_OF - (row["DTINCLUSAO"].replace(tzinfo=UTC) + timedelta(hours=3))
        if row["DTENVIO"] is None and age > timedelta(hours=4):
            assert row["TABELA"] == "PCPEDC"
            found.add(
                ("queued_not_extracted", "record", f"winthor|PCPEDC|{row['CHAVE']}", orders[row["CHAVE"]])
            )
    return found


def _cause(
    document: Doc,
    company: str,
    by_key: dict[str, list[Note]],
    by_number: dict[tuple[str, str, int, str], list[Note]],
    queue: dict[str, dict[str, Any]],
    awareness: dict[str, str],
    activated: dict[str, Any],
    explained: set[str],
) -> str | None:
    is_issuer = document.issuer == company
    # Of a transfer each branch has its own posting.
    notes = [note for note in by_key[document.key] if note.is_own is is_issuer]
    live = [note for note in notes if not note.is_deleted]
    here = [note for note in live if note.branch == company]
    is_cancelled = document.live_event("110111") is not None
    if document.status == "302":
        return "denied_or_void_number" if live else None
    if is_cancelled:
        return "cancelled_at_sefaz_active_in_erp" if live else None
    manifestation = document.live_event("210200", "210210", "210220", "210240")
    if not is_issuer:
        expected = {None: "0", "210200": "1", "210220": "2", "210240": "3", "210210": "4"}[manifestation]
        if live and manifestation in {"210220", "210240"}:
            return "event_not_applied"
        if document.key in awareness and awareness[document.key] != expected:
            return "event_not_applied"
    if document.live_event("610110", "610111") == "610110" and any(not note.is_disagreed for note in live):
        return "event_not_applied"
    if len(live) > 1:
        return "posted_twice"
    if live and not here:
        return "company_or_role_differs"
    number, series = int(document.key[25:34]), document.key[22:25].lstrip("0")
    partner = document.recipient if is_issuer else document.issuer
    if not live:
        typed = [
            note
            for note in by_number[company, partner, number, series]
            if note.access_key != document.key and not note.is_deleted and note.species in {"SPED", "CTE"}
        ]
        if typed:
            explained.update(note.entity_key for note in typed)
            return "wrong_access_key"
    for note in here:
        if note.amount != document.amount:
            return "amount_differs"
        tolerance = Decimal("0.01") * document.items
        if note.icms is not None and abs(note.icms - document.icms) > tolerance:
            return "tax_differs"
        if note.ipi is not None and abs(note.ipi - document.ipi) > tolerance:
            return "tax_differs"
    if live:
        return None
    if notes:
        return "cancelled_in_erp_authorised_at_sefaz" if is_issuer else "deleted_in_erp"
    if document.key in queue:
        row = queue[document.key]
        imported = datetime.strptime(row["DS_DATAIMP"] + row["DS_HORAIMP"], "%Y%m%d%H:%M").replace(tzinfo=UTC)
        # Three hours behind UTC, or four: either way it is late after four.
        if AS_OF - (imported + timedelta(hours=3)) > timedelta(hours=4):
            return "queued_not_extracted"
    if document.issued_at.date() < activated[company]:
        return None
    return "missing_in_erp" if AS_OF - document.issued_at > timedelta(days=10) else None
