"""How the Protheus keeps a story: which rows of which tables, with which values.

What happened is told by stories.py; how a row becomes part of a file stands in tables.py.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from simulation.companies import Group, Party
from simulation.documents import Document, Kind
from simulation.erp.protheus.tables import COMPANY, TABLES, Row, TableWriter
from simulation.stories import Awareness, Posting, Queued, Story

_SOURCE = "protheus"
_DELETED = "*"
# An entry takes the issuer's CFOP with 1 for 5 and 2 for 6; what was sold under ST is 403 at the buyer.
_ENTRY_CFOP_HEADS = {"5": "1", "6": "2"}
_ENTRY_CFOP_TAILS = {"404": "403", "405": "403"}


class ProtheusExport:
    """Writes the tables of a group into a folder, from stories in any order."""

    def __init__(self, folder: Path, group: Group) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._group = group
        self._writers = {alias: TableWriter(table, folder) for alias, table in TABLES.items()}

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by alias."""
        return {alias: writer.count for alias, writer in self._writers.items()}

    def write(self, story: Story) -> None:
        """Keep the postings, the queue and the awareness of a story."""
        for posting in story.postings:
            self.write_note(posting)
        if story.queued:
            self._writers["SDS"].add(_queue_row(story.document, story.queued))
        if story.awareness:
            self._writers["C00"].add(_awareness_row(story.document, story.awareness))

    def write_note(self, posting: Posting) -> None:
        """Keep a note with its items and, where it is classified, its fiscal book."""
        lines = _lines(posting)
        if posting.is_entry:
            self._writers["SF1"].add(_entry_row(posting))
            add, make = self._writers["SD1"].add, _entry_item_row
        else:
            self._writers["SF2"].add(_exit_row(posting))
            add, make = self._writers["SD2"].add, _exit_item_row
        for line in lines:
            add(make(posting, line))
        if posting.is_classified and posting.species != "NFS":
            add_to_book = self._writers["SFT"].add
            for line in lines:
                add_to_book(_book_row(posting, line))

    def entity_key(self, posting: Posting) -> str:
        """Return source, table and key columns of a posting, each right-trimmed and joined by ``|``."""
        alias = "SF1" if posting.is_entry else "SF2"
        partner = (posting.partner.code, posting.store)
        return "|".join(
            (_SOURCE, alias, posting.branch.code, posting.number, posting.series, *partner, posting.note_type)
        )

    def close(self) -> None:
        """Write the remaining rows, the registers and the dictionary."""
        group, partners = self._group, self._group.partners
        own = [branch.party for branch in group.branches]
        customers = chain(partners.customers, partners.persons, own)
        suppliers = chain(
            partners.suppliers, partners.second_stores, partners.service_suppliers, partners.carriers,
            partners.producers, own,
        )  # fmt: skip
        registers: Mapping[str, Iterator[Row]] = {
            "SA1": map(_customer_row, customers),
            "SA2": map(_supplier_row, suppliers),
            "SYS_COMPANY": _company_rows(group),
            "SX2": _dictionary_rows(),
            "SX6": _parameter_rows(group),
        }
        for alias, rows in registers.items():
            for row in rows:
                self._writers[alias].add(row)
        for writer in self._writers.values():
            writer.close()


class _Line(NamedTuple):
    """An item as SD1, SD2 and SFT keep it: quantity and price in 1/10 000, amounts in centavos."""

    number: int
    product: str
    quantity: int
    price: int
    gross: int
    total: int
    cfop: str


def _lines(posting: Posting) -> list[_Line]:
    document = posting.document
    if document is None or document.freight:
        product, cfop = "SERVICO", "1933"
        if document and document.freight:
            product, cfop = "FRETE", _entry_cfop(document.freight.cfop)
        return [_Line(1, product, 10_000, posting.goods * 100, posting.goods, posting.amount, cfop)]
    return [
        _Line(
            item.number, item.goods.code, item.quantity, item.price, item.gross, item.total,
            _entry_cfop(item.cfop) if posting.is_entry else item.cfop,
        )
        for item in document.items
    ]  # fmt: skip


def _entry_cfop(cfop: str) -> str:
    head, tail = cfop[0], cfop[1:]
    return _ENTRY_CFOP_HEADS.get(head, head) + _ENTRY_CFOP_TAILS.get(tail, tail)


# --- rows


def _entry_row(posting: Posting) -> Row:
    document = posting.document
    posted_on = _day(posting.posted_at)
    row: dict[str, object] = {
        "F1_FILIAL": posting.branch.code,
        "F1_DOC": posting.number,
        "F1_SERIE": posting.series,
        "F1_FORNECE": posting.partner.code,
        "F1_LOJA": posting.store,
        "F1_TIPO": posting.note_type,
        "F1_CHVNFE": posting.access_key,
        "F1_ESPECIE": posting.species,
        "F1_STATUS": posting.status,
        "F1_FORMUL": "S" if posting.is_own_form else "N",
        "F1_EMISSAO": _day(posting.issued_on),
        "F1_DTDIGIT": posted_on,
        "F1_RECBMTO": posted_on,
        "F1_VALMERC": posting.goods,
        "F1_VALBRUT": posting.amount,
        "F1_FRETE": posting.freight,
        "F1_DESCONT": posting.discount,
        "F1_VALICM": posting.icms,
        "F1_VALIPI": posting.ipi,
        "F1_COND": "030" if document and document.instalments else "001",
        "F1_STATCON": "1",
        "F1_FILORIG": posting.branch.code,
        **_control(posting),
    }
    if posting.is_classified:
        row["F1_DUPL"], row["F1_PREFIXO"] = posting.number, posting.series
    if posting.status == "A":
        row["F1_DTLANC"] = posted_on
    if posting.is_own_form and document:
        row["F1_FIMP"] = "S"
        row["F1_DAUTNFE"], row["F1_HAUTNFE"] = _day(document.received_at), f"{document.received_at:%H:%M}"
    if posting.species == "CTE":
        row["F1_TPCTE"] = "N"
    if posting.species == "NFS":
        row["F1_CODNFE"], row["F1_NFELETR"] = f"V{posting.number}", posting.number
    return row


def _entry_item_row(posting: Posting, line: _Line) -> Row:
    document = posting.document
    item = f"{line.number:04d}"
    row: dict[str, object] = {
        "D1_FILIAL": posting.branch.code,
        "D1_DOC": posting.number,
        "D1_SERIE": posting.series,
        "D1_FORNECE": posting.partner.code,
        "D1_LOJA": posting.store,
        "D1_TIPO": posting.note_type,
        "D1_ITEM": item,
        "D1_COD": line.product,
        "D1_QUANT": line.quantity,
        "D1_VUNIT": line.price,
        "D1_TOTAL": line.gross,
        "D1_DTDIGIT": _day(posting.posted_at),
        "D_E_L_E_T_": _flag(posting),
    }
    if posting.is_classified:
        row["D1_TES"] = "401" if posting.note_type == "D" else "001"
        row["D1_CF"], row["D1_CONTA"] = line.cfop, "1105010001"
    if document and document.order_number:
        row["D1_PEDIDO"], row["D1_ITEMPC"] = document.order_number, item
    if posting.note_type == "D" and document:
        row["D1_NFORI"], row["D1_SERIORI"] = _number_and_series(document.references[0])
        row["D1_ITEMORI"] = item
    return row


def _exit_row(posting: Posting) -> Row:
    document = posting.document
    issued_on = _day(posting.issued_on)
    row: dict[str, object] = {
        "F2_FILIAL": posting.branch.code,
        "F2_DOC": posting.number,
        "F2_SERIE": posting.series,
        "F2_CLIENTE": posting.partner.code,
        "F2_LOJA": posting.store,
        "F2_TIPO": posting.note_type,
        "F2_CHVNFE": posting.access_key,
        "F2_EMISSAO": issued_on,
        "F2_VALMERC": posting.goods,
        "F2_VALBRUT": posting.amount,
        "F2_VALICM": posting.icms,
        "F2_VALIPI": posting.ipi,
        "F2_COND": "001",
        "F2_ESPECIE": posting.species,
        "F2_DTLANC": issued_on,
        "F2_FIMP": "D" if posting.is_denied else "S",
        "F2_FILORIG": posting.branch.code,
        **_control(posting),
    }
    if document and not posting.is_denied:
        row["F2_DAUTNFE"] = _day(document.received_at)
    if document and document.instalments:
        row["F2_PREFIXO"], row["F2_DUPL"] = posting.series, posting.number
        row["F2_VALFAT"], row["F2_COND"] = posting.amount, "030"
    return row


def _exit_item_row(posting: Posting, line: _Line) -> Row:
    document = posting.document
    row: dict[str, object] = {
        "D2_FILIAL": posting.branch.code,
        "D2_DOC": posting.number,
        "D2_SERIE": posting.series,
        "D2_CLIENTE": posting.partner.code,
        "D2_LOJA": posting.store,
        "D2_TIPO": posting.note_type,
        "D2_ITEM": f"{line.number:02d}",
        "D2_COD": line.product,
        "D2_QUANT": line.quantity,
        "D2_PRCVEN": line.price,
        "D2_TOTAL": line.gross,
        "D2_TES": "501",
        "D2_CF": line.cfop,
        "D2_EMISSAO": _day(posting.issued_on),
        "D_E_L_E_T_": _flag(posting),
    }
    if posting.note_type == "D" and document:
        row["D2_NFORI"], row["D2_SERIORI"] = _number_and_series(document.references[0])
    return row


def _book_row(posting: Posting, line: _Line) -> Row:
    # A cancelled note of our own leaves SF2 and SD2 but stays in the books, with its day of cancellation.
    cancelled_on = posting.cancelled_on
    return {
        "FT_FILIAL": posting.branch.code,
        "FT_TIPOMOV": "E" if posting.is_entry else "S",
        "FT_SERIE": posting.series,
        "FT_NFISCAL": posting.number,
        "FT_CLIEFOR": posting.partner.code,
        "FT_LOJA": posting.store,
        "FT_ITEM": f"{line.number:04d}",
        "FT_PRODUTO": line.product,
        "FT_ENTRADA": _day(posting.posted_at),
        "FT_EMISSAO": _day(posting.issued_on),
        "FT_CHVNFE": posting.access_key,
        "FT_ESPECIE": posting.species,
        "FT_CFOP": line.cfop,
        "FT_VALCONT": line.total,
        "FT_DTCANC": _day(cancelled_on) if cancelled_on else "",
        "D_E_L_E_T_": "" if cancelled_on else _flag(posting),
    }


def _queue_row(document: Document, queued: Queued) -> Row:
    is_freight = document.model == "57"
    row: dict[str, object] = {
        "DS_FILIAL": queued.branch.code,
        "DS_DOC": f"{document.number:09d}",
        "DS_SERIE": document.series,
        "DS_FORNEC": document.issuer.code,
        "DS_LOJA": document.issuer.store,
        "DS_TIPO": "T" if is_freight else ("D" if document.kind is Kind.SALE_RETURN else "N"),
        "DS_CHAVENF": document.access_key,
        "DS_CNPJ": document.issuer.tax_id,
        "DS_ESPECI": "CTE" if is_freight else "SPED",
        "DS_EMISSA": _day(document.issued_at),
        "DS_ARQUIVO": f"{document.access_key}.xml",
        "DS_DATAIMP": _day(queued.imported_at),
        "DS_HORAIMP": f"{queued.imported_at:%H:%M}",
        "DS_USERIMP": "SCHEDULE",
        "DS_VALMERC": document.totals.goods,
        "DS_FRETE": document.totals.freight,
        "DS_VERSAO": "4.00",
    }
    if queued.generated_at:
        row["DS_STATUS"] = "P"
        row["DS_DATAPRE"], row["DS_HORAPRE"] = _day(queued.generated_at), f"{queued.generated_at:%H:%M}"
        row["DS_USERPRE"] = "FISCAL01"
    return row


def _awareness_row(document: Document, awareness: Awareness) -> Row:
    return {
        "C00_FILIAL": awareness.branch.code,
        "C00_CHVNFE": document.access_key,
        "C00_SERNFE": document.series,
        "C00_NUMNFE": f"{document.number:09d}",
        "C00_VLDOC": document.totals.amount,
        "C00_CNPJEM": document.issuer.tax_id,
        "C00_NOEMIT": document.issuer.name,
        "C00_DTEMI": _day(document.issued_at),
        "C00_DTREC": _day(document.received_at),
        "C00_STATUS": awareness.manifestation,
        "C00_SITDOC": awareness.situation,
        # 1 nothing sent, 3 the event is registered
        "C00_CODEVE": "1" if awareness.manifestation == "0" else "3",
    }


def _customer_row(party: Party) -> Row:
    return {
        "A1_COD": party.code,
        "A1_LOJA": party.store,
        "A1_NOME": party.name[:40],
        "A1_NREDUZ": party.name[:20],
        "A1_CGC": party.tax_id,
        "A1_PESSOA": "F" if party.is_person else "J",
        "A1_TIPO": "F" if party.is_person else "R",
        "A1_EST": party.place.uf,
        "A1_COD_MUN": party.place.city_code[2:],
        "A1_CONTA": "1102010001",
        "A1_MSBLQL": "2",
    }


def _supplier_row(party: Party) -> Row:
    return {
        "A2_COD": party.code,
        "A2_LOJA": party.store,
        "A2_NOME": party.name[:40],
        "A2_NREDUZ": party.name[:20],
        "A2_CGC": party.tax_id,
        "A2_TIPO": "F" if party.is_person else "J",
        "A2_EST": party.place.uf,
        "A2_COD_MUN": party.place.city_code[2:],
        "A2_CONTA": "2101010001",
        "A2_MSBLQL": "2",
    }


def _company_rows(group: Group) -> Iterator[Row]:
    for branch in group.branches:
        party = branch.party
        yield {
            "M0_CODIGO": COMPANY,
            "M0_CODFIL": branch.code,
            "M0_CGC": party.tax_id,
            "M0_NOME": party.name[:40],
            "M0_ESTENT": party.place.uf,
        }


def _dictionary_rows() -> Iterator[Row]:
    for table in TABLES.values():
        # The dictionary does not list itself, nor what belongs to the system.
        if len(table.alias) != 3 or table.alias.startswith("SX"):
            continue
        yield {
            "X2_CHAVE": table.alias,
            "X2_ARQUIVO": table.physical_name,
            "X2_MODO": table.mode,
            "X2_MODOUN": table.mode,
            "X2_MODOEMP": table.mode,
            # F1_FILIAL and its like: two characters of company, two of branch, no business unit
            "X2_TAMEMP": 2,
            "X2_TAMFIL": 2,
        }


def _parameter_rows(group: Group) -> Iterator[Row]:
    first, *others = group.branches
    yield {"X6_VAR": "MV_ESTADO", "X6_TIPO": "C", "X6_CONTEUD": first.party.place.uf}
    # A branch's own value stands before the one without branch.
    for branch in others:
        yield {
            "X6_FIL": branch.code,
            "X6_VAR": "MV_ESTADO",
            "X6_TIPO": "C",
            "X6_CONTEUD": branch.party.place.uf,
        }


def _control(posting: Posting) -> Row:
    """Return D_E_L_E_T_, S_T_A_M_P_ (last change) and I_N_S_D_T_; stamps are UTC and carry no zone there."""
    changed_at = posting.deleted_at or posting.posted_at
    return {
        "D_E_L_E_T_": _flag(posting),
        "S_T_A_M_P_": _stamp(changed_at),
        "I_N_S_D_T_": _stamp(posting.posted_at),
    }


def _flag(posting: Posting) -> str:
    return _DELETED if posting.deleted_at else ""


def _stamp(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _day(day: date) -> str:
    return f"{day.year}{day.month:02d}{day.day:02d}"


def _number_and_series(access_key: str) -> tuple[str, str]:
    return access_key[25:34], access_key[22:25].lstrip("0")
