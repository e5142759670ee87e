"""How the Datasul keeps a story: which rows of which tables, with which values.

What is taken out of docum-est is gone; an outbound note, and an entry that the company made out itself, keeps
its row and the state of its NF-e. Receivables stand in titles.py; payables are kept elsewhere.
"""

from collections.abc import Mapping
from pathlib import Path

from simulation.companies import Party
from simulation.documents import Kind
from simulation.erp.datasul.tables import ENCODING, TABLES
from simulation.erp.datasul.titles import KIND, SPECIES, Titles, note_number
from simulation.erp.keeping import Keeping, Kept
from simulation.erp.notes import Line, Register, TableSet, all_parties, lines
from simulation.erp.system import Keys
from simulation.erp.tables import Row
from simulation.finance import Booking
from simulation.stories import Posting, Stage, Story

_SOURCE = "datasul"
_AUTHORISED, _DENIED, _CANCELLED = 3, 4, 6
_ENTRY, _RETURN, _EXIT, _TRANSFER = 21, 20, 22, 23
# identific: 1 customer, 2 supplier, 3 both
_BOTH = 3


class DatasulExport:
    """Writes the tables of the branches that the Datasul keeps."""

    def __init__(self, folder: Path, keeping: Keeping) -> None:
        self._keeping = keeping
        self._tables = TableSet(TABLES, folder, ENCODING)
        # One register for all: who buys and who sells.
        self._partners = Register(all_parties(keeping.group), start=1)
        self._titles = Titles(self._tables)

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by table."""
        return self._tables.rows

    def hear(self, story: Story) -> None:
        """Keep nothing of a document that was not posted: there is no import queue here."""

    def write(self, booking: Booking) -> Keys:
        """Keep a posting with all that hangs on it."""
        posting = booking.posting
        kept, partner = self._keeping.of(posting.branch), self._partners.number(posting.partner)
        if posting.is_entry:
            return self._enter(posting, kept, partner)
        note = (kept.code, posting.series, note_number(posting.number))
        self._tables.add("nota-fiscal", _exit_row(booking, kept, partner))
        for line in lines(posting):
            self._tables.add("it-nota-fisc", _exit_item_row(posting, kept, line))
        self._titles.write(booking, kept, partner, _short_name(partner))
        return Keys("|".join((_SOURCE, "nota-fiscal", *note)))

    def close(self) -> None:
        """Write the registers and whatever is left."""
        kept = self._keeping.by(_SOURCE)
        accounts = sorted({(k.branch.account.bank, k.branch.account.bank_name) for k in kept})
        self._tables.close({
            "emitente": (_partner_row(party, number) for party, number in self._partners.items()),
            "estabelec": map(_branch_row, kept),
            "portador": (
                {"cod_portador": bank, "nom_abrev": name[:15], "cod_banco": bank} for bank, name in accounts
            ),
            "cart_bcia": (
                {"cod_cart_bcia": code, "des_cart_bcia": name}
                for code, name in (("1", "Carteira"), ("2", "Simples"), ("3", "Descontada"))
            ),
            "espec_docto": (
                {"cod_espec_docto": code, "des_espec_docto": name, "ind_tip_espec_docto": kind}
                for code, name, kind in (
                    (SPECIES, "Duplicata mercantil", KIND),
                    ("AN", "Antecipação", "Antecipação"),
                    ("NC", "Nota de crédito", "Nota de Crédito"),
                )
            ),
        })  # fmt: skip

    def _enter(self, posting: Posting, kept: Kept, partner: int) -> Keys:
        items = lines(posting)
        nature = _nature(items[0].cfop, kept)
        note = (posting.series, note_number(posting.number), str(partner), nature)
        if not posting.deleted_at or posting.is_own_form:
            self._tables.add("docum-est", _entry_row(posting, kept, partner, nature))
            for line in items:
                self._tables.add("item-doc-est", _entry_item_row(posting, partner, nature, line))
        return Keys("|".join((_SOURCE, "docum-est", *note)))


def _nature(cfop: str, kept: Kept) -> str:
    """Return the nature of an operation: the CFOP, and what the customer adds for the establishment."""
    return f"{cfop}{chr(ord('A') + int(kept.code) % 100 - 1)}{kept.company}"


def _entry_row(posting: Posting, kept: Kept, partner: int, nature: str) -> Row:
    is_updated = posting.stage is not Stage.PRE_NOTE
    row: dict[str, object] = {
        "serie-docto": posting.series,
        "nro-docto": note_number(posting.number),
        "cod-emitente": partner,
        "nat-operacao": nature,
        "cod-estabel": kept.code,
        # The column is wider than a key; what fills it is anybody's guess.
        "cod-chave-aces-nf-eletro": f"{posting.access_key:<60}" if posting.access_key else "",
        "dt-emissao": posting.issued_on,
        "dt-trans": posting.posted_at,
        "tipo-docto": 1,
        "esp-docto": _RETURN if posting.is_return else _ENTRY,
        "tot-valor": posting.amount,
        "valor-mercad": posting.goods,
        "valor-frete": posting.freight,
        "tot-desconto": posting.discount,
        "ce-atual": is_updated,
        "ap-atual": is_updated,
        "of-atual": is_updated,
        "cr-atual": False,
        "cp-atual": False,
        "cc-atual": is_updated,
        "sit-docum": 1,
        "rec-fisico": True,
        "origem": "R",
        "usuario": "super",
    }
    if is_updated:
        row |= {"dt-atualiza": posting.posted_at, "hr-atualiza": f"{posting.posted_at:%H:%M:%S}"}
    if posting.is_own_form:
        row["idi-sit-nf-eletro"] = _CANCELLED if posting.deleted_at else _AUTHORISED
    return row


def _entry_item_row(posting: Posting, partner: int, nature: str, line: Line) -> Row:
    row: dict[str, object] = {
        "serie-docto": posting.series,
        "nro-docto": note_number(posting.number),
        "cod-emitente": partner,
        "nat-operacao": nature,
        "sequencia": line.number * 10,
        "it-codigo": line.product,
        "quantidade": line.quantity,
        "un": line.unit[:2],
        # An extent: the second place is for the other currency.
        "preco-total": f"{line.gross / 100:.2f};0.00",
        "preco-unit": f"{line.price / 10_000:.4f};0.0000",
        "baixa-ce": posting.stage is not Stage.PRE_NOTE,
        "cod-depos": "ALM",
    }
    if posting.is_return and posting.document:
        original = posting.document.references[0]
        row |= {"nro-comp": note_number(original[25:34]), "serie-comp": original[22:25].lstrip("0")}
    return row


def _exit_row(booking: Booking, kept: Kept, partner: int) -> Row:
    posting = booking.posting
    document = posting.document
    row: dict[str, object] = {
        "cod-estabel": kept.code,
        "serie": posting.series,
        "nr-nota-fis": note_number(posting.number),
        "cod-emitente": partner,
        "nome-ab-cli": _short_name(partner),
        "nat-operacao": _nature(lines(posting)[0].cfop, kept),
        "dt-emis-nota": posting.issued_on,
        "dt-saida": posting.issued_on,
        "dt-confirma": posting.posted_at,
        "dt-atualiza": posting.posted_at,
        "vl-tot-nota": posting.amount,
        "vl-mercad": posting.goods,
        "ind-sit-nota": 4 if posting.deleted_at else 2,
        "ind-tip-nota": 1,
        "esp-docto": _TRANSFER if document and document.kind is Kind.TRANSFER else _EXIT,
        "emite-duplic": bool(booking.titles),
        "cod-cond-pag": 28 if booking.titles else 1,
        "cod-chave-aces-nf-eletro": posting.access_key,
        "idi-sit-nf-eletro": _DENIED if posting.is_denied else _AUTHORISED,
        "idi-forma-emis-nf-eletro": 1,
    }
    if document and not posting.is_denied:
        row["cod-protoc"] = document.protocol
    if posting.deleted_at:
        row |= {
            "dt-cancela": posting.deleted_at,
            "desc-cancela": "Cancelada pelo usuário",
            "idi-sit-nf-eletro": _CANCELLED,
        }
    return row


def _exit_item_row(posting: Posting, kept: Kept, line: Line) -> Row:
    return {
        "cod-estabel": kept.code,
        "serie": posting.series,
        "nr-nota-fis": note_number(posting.number),
        "nr-seq-fat": line.number * 10,
        "it-codigo": line.product,
        "nat-operacao": _nature(line.cfop, kept),
        "qt-faturada": f"{line.quantity / 10_000:.4f};0.0000",
        "vl-preuni": line.price,
        "vl-tot-item": line.total,
        "dt-emis-nota": posting.issued_on,
    }


def _short_name(number: int) -> str:
    return f"EMIT{number:06d}"


def _partner_row(party: Party, number: int) -> Row:
    return {
        "cod-emitente": number,
        "cgc": party.tax_id,
        "nome-emit": party.name,
        "nome-abrev": _short_name(number),
        "identific": _BOTH,
        "estado": party.place.uf,
    }


def _branch_row(kept: Kept) -> Row:
    party = kept.branch.party
    return {
        "cod-estabel": kept.code,
        "nome": party.name[:40],
        "cgc": party.tax_id,
        "estado": party.place.uf,
    }
