"""How the Protheus keeps a story: which rows of which tables, with which values.

What happened is told by stories.py; titles and ledger stand beside in titles.py and ledger.py, how a row
becomes part of a file in tables.py.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from simulation.companies import Party
from simulation.documents import Document, Kind
from simulation.erp.keeping import Keeping, Kept
from simulation.erp.notes import Line, lines
from simulation.erp.protheus.ledger import Ledger, Origin, rule_rows
from simulation.erp.protheus.tables import COMPANY, ENCODING, TABLES
from simulation.erp.protheus.titles import Titles
from simulation.erp.protheus.values import Stamped, day, flag
from simulation.erp.system import Keys
from simulation.erp.tables import Row, TableWriter
from simulation.finance import CUSTOMERS, REVENUE, STOCK, SUPPLIERS, Booking
from simulation.stories import Awareness, Posting, Queued, Stage, Story

_SOURCE = "protheus"
_STATUSES: Mapping[Stage, str] = {
    Stage.PRE_NOTE: " ",
    Stage.CLASSIFIED: "A",
    Stage.BLOCKED: "B",
    Stage.HELD: "C",
    Stage.DISAGREEMENT_SENT: "D",
    Stage.DISAGREED: "E",
}


class ProtheusExport:
    """Writes the tables of the branches that the Protheus keeps into a folder, from stories in any order."""

    def __init__(self, folder: Path, keeping: Keeping) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._keeping = keeping
        self._writers = {alias: TableWriter(table, folder, ENCODING) for alias, table in TABLES.items()}
        self._titles = Titles(self._writers, keeping)
        self._ledger = Ledger(self._writers, keeping)

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by alias."""
        return {alias: writer.count for alias, writer in self._writers.items()}

    def hear(self, story: Story) -> None:
        """Keep the queue and the awareness of a story, each where its branch is kept."""
        if story.queued and self._keeps(story.queued):
            branch_code = self._keeping.of(story.queued.branch).code
            self._writers["SDS"].add(_queue_row(story.document, story.queued, branch_code))
        if story.awareness and self._keeps(story.awareness):
            branch_code = self._keeping.of(story.awareness.branch).code
            self._writers["C00"].add(_awareness_row(story.document, story.awareness, branch_code))

    def write(self, booking: Booking) -> Keys:
        """Keep a note with its items and, where it is classified, its fiscal book, titles and entries."""
        posting = booking.posting
        branch_code = self._keeping.of(posting.branch).code
        items = lines(posting)
        if posting.is_entry:
            note = Origin("SF1", self._writers["SF1"].add(_entry_row(posting, branch_code)))
            add, make = self._writers["SD1"].add, _entry_item_row
        else:
            note = Origin("SF2", self._writers["SF2"].add(_exit_row(posting, branch_code)))
            add, make = self._writers["SD2"].add, _exit_item_row
        for line in items:
            add(make(posting, line, branch_code))
        if posting.is_classified and posting.species != "NFS":
            add_to_book = self._writers["SFT"].add
            for line in items:
                add_to_book(_book_row(posting, line, branch_code))
            for cfop in sorted({line.cfop for line in items}):
                of_cfop = [line for line in items if line.cfop == cfop]
                self._writers["SF3"].add(_summary_row(posting, cfop, of_cfop, branch_code))
        self._ledger.write(booking, note, self._titles.write(booking))
        partner = (posting.partner.code, posting.partner.store)
        key = (branch_code, posting.number, posting.series, *partner, _note_type(posting))
        return Keys("|".join((_SOURCE, note.table, *key)))

    def close(self) -> None:
        """Write the remaining rows, the registers and the dictionary."""
        group, partners = self._keeping.group, self._keeping.group.partners
        kept = self._keeping.by(_SOURCE)
        own = [branch.party for branch in group.branches]
        customers = chain(partners.customers, partners.persons, own)
        suppliers = chain(
            partners.suppliers, partners.second_stores, partners.service_suppliers, partners.carriers,
            partners.producers, own,
        )  # fmt: skip
        registers: Mapping[str, Iterator[Row]] = {
            "SA1": map(_customer_row, customers),
            "SA2": map(_supplier_row, suppliers),
            "SYS_COMPANY": map(_company_row, kept),
            "SX2": _dictionary_rows(),
            "SX5": _generic_rows(),
            "SX6": _parameter_rows(kept),
            "SA6": self._titles.account_rows(),
            "SE8": self._titles.balance_rows(),
            "SED": _nature_rows(),
            "FRV": _wallet_rows(),
            "CT1": self._ledger.chart_rows(),
            "CT5": rule_rows(),
            "CQ0": self._ledger.balance_rows("CQ0"),
            "CQ1": self._ledger.balance_rows("CQ1"),
        }
        for alias, rows in registers.items():
            for row in rows:
                self._writers[alias].add(row)
        for writer in self._writers.values():
            writer.close()

    def _keeps(self, what: Queued | Awareness) -> bool:
        return self._keeping.of(what.branch).system.name == _SOURCE


# --- rows


def _entry_row(posting: Posting, branch_code: str) -> Row:
    document = posting.document
    posted_on = day(posting.posted_at)
    row: dict[str, object] = {
        "F1_FILIAL": branch_code,
        "F1_DOC": posting.number,
        "F1_SERIE": posting.series,
        "F1_FORNECE": posting.partner.code,
        "F1_LOJA": posting.partner.store,
        "F1_TIPO": _note_type(posting),
        "F1_CHVNFE": posting.access_key,
        "F1_ESPECIE": posting.species,
        "F1_STATUS": _STATUSES[posting.stage],
        "F1_FORMUL": "S" if posting.is_own_form else "N",
        "F1_EMISSAO": day(posting.issued_on),
        "F1_DTDIGIT": posted_on,
        "F1_RECBMTO": posted_on,
        "F1_VALMERC": posting.goods,
        "F1_VALBRUT": posting.amount,
        "F1_FRETE": posting.freight,
        "F1_DESCONT": posting.discount,
        # Taxes are worked out when a note is classified.
        "F1_VALICM": posting.icms if posting.is_classified else 0,
        "F1_VALIPI": posting.ipi if posting.is_classified else 0,
        "F1_COND": "030" if document and document.instalments else "001",
        "F1_STATCON": "1",
        "F1_FILORIG": branch_code,
        **Stamped.of(posting).row(),
    }
    if posting.is_classified:
        row["F1_DUPL"], row["F1_PREFIXO"] = posting.number, posting.series
    if posting.stage is Stage.CLASSIFIED:
        row["F1_DTLANC"] = posted_on
    if posting.is_own_form and document:
        row["F1_FIMP"] = "S"
        row["F1_DAUTNFE"], row["F1_HAUTNFE"] = day(document.received_at), f"{document.received_at:%H:%M}"
    if posting.species == "CTE":
        row["F1_TPCTE"] = "N"
    if posting.species == "NFS":
        row["F1_CODNFE"], row["F1_NFELETR"] = f"V{posting.number}", posting.number
    return row


def _entry_item_row(posting: Posting, line: Line, branch_code: str) -> Row:
    document = posting.document
    item = f"{line.number:04d}"
    row: dict[str, object] = {
        "D1_FILIAL": branch_code,
        "D1_DOC": posting.number,
        "D1_SERIE": posting.series,
        "D1_FORNECE": posting.partner.code,
        "D1_LOJA": posting.partner.store,
        "D1_TIPO": _note_type(posting),
        "D1_ITEM": item,
        "D1_COD": line.product,
        "D1_QUANT": line.quantity,
        "D1_VUNIT": line.price,
        "D1_TOTAL": line.gross,
        "D1_DTDIGIT": day(posting.posted_at),
        "D_E_L_E_T_": flag(posting),
    }
    if posting.is_classified:
        row["D1_TES"] = "401" if _note_type(posting) == "D" else "001"
        row["D1_CF"], row["D1_CONTA"] = line.cfop, STOCK
    if document and document.order_number:
        row["D1_PEDIDO"], row["D1_ITEMPC"] = document.order_number, item
    if _note_type(posting) == "D" and document:
        row["D1_NFORI"], row["D1_SERIORI"] = _number_and_series(document.references[0])
        row["D1_ITEMORI"] = item
    return row


def _exit_row(posting: Posting, branch_code: str) -> Row:
    document = posting.document
    issued_on = day(posting.issued_on)
    row: dict[str, object] = {
        "F2_FILIAL": branch_code,
        "F2_DOC": posting.number,
        "F2_SERIE": posting.series,
        "F2_CLIENTE": posting.partner.code,
        "F2_LOJA": posting.partner.store,
        "F2_TIPO": _note_type(posting),
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
        "F2_FILORIG": branch_code,
        **Stamped.of(posting).row(),
    }
    if document and not posting.is_denied:
        row["F2_DAUTNFE"] = day(document.received_at)
    if document and document.instalments:
        row["F2_PREFIXO"], row["F2_DUPL"] = posting.series, posting.number
        row["F2_VALFAT"], row["F2_COND"] = posting.amount, "030"
    return row


def _exit_item_row(posting: Posting, line: Line, branch_code: str) -> Row:
    document = posting.document
    row: dict[str, object] = {
        "D2_FILIAL": branch_code,
        "D2_DOC": posting.number,
        "D2_SERIE": posting.series,
        "D2_CLIENTE": posting.partner.code,
        "D2_LOJA": posting.partner.store,
        "D2_TIPO": _note_type(posting),
        "D2_ITEM": f"{line.number:02d}",
        "D2_COD": line.product,
        "D2_QUANT": line.quantity,
        "D2_PRCVEN": line.price,
        "D2_TOTAL": line.gross,
        "D2_TES": "501",
        "D2_CF": line.cfop,
        "D2_EMISSAO": day(posting.issued_on),
        "D_E_L_E_T_": flag(posting),
    }
    if _note_type(posting) == "D" and document:
        row["D2_NFORI"], row["D2_SERIORI"] = _number_and_series(document.references[0])
    return row


def _book_row(posting: Posting, line: Line, branch_code: str) -> Row:
    # A cancelled note of our own leaves SF2 and SD2 but stays in the books, with its day of cancellation.
    cancelled_on = posting.cancelled_on
    return {
        "FT_FILIAL": branch_code,
        "FT_TIPOMOV": "E" if posting.is_entry else "S",
        "FT_SERIE": posting.series,
        "FT_NFISCAL": posting.number,
        "FT_CLIEFOR": posting.partner.code,
        "FT_LOJA": posting.partner.store,
        "FT_ITEM": f"{line.number:04d}",
        "FT_PRODUTO": line.product,
        "FT_ENTRADA": day(posting.posted_at),
        "FT_EMISSAO": day(posting.issued_on),
        "FT_CHVNFE": posting.access_key,
        "FT_ESPECIE": posting.species,
        "FT_CFOP": line.cfop,
        "FT_VALCONT": line.total,
        "FT_DTCANC": day(cancelled_on) if cancelled_on else "",
        "D_E_L_E_T_": "" if cancelled_on else flag(posting),
    }


def _summary_row(posting: Posting, cfop: str, of_cfop: list[Line], branch_code: str) -> Row:
    cancelled_on = posting.cancelled_on
    row: dict[str, object] = {
        "F3_FILIAL": branch_code,
        "F3_ENTRADA": day(posting.posted_at),
        "F3_EMISSAO": day(posting.issued_on),
        "F3_NFISCAL": posting.number,
        "F3_SERIE": posting.series,
        "F3_CLIEFOR": posting.partner.code,
        "F3_LOJA": posting.partner.store,
        "F3_CFO": cfop,
        "F3_ESPECIE": posting.species,
        "F3_CHVNFE": posting.access_key,
        "F3_VALCONT": sum(line.total for line in of_cfop),
        "F3_DTCANC": day(cancelled_on) if cancelled_on else "",
        "D_E_L_E_T_": "" if cancelled_on else flag(posting),
    }
    if not posting.is_entry or posting.is_own_form:
        # What the tax authority answered: authorised, cancelled, denied.
        row["F3_CODRSEF"] = "302" if posting.is_denied else ("101" if cancelled_on else "100")
    return row


def _queue_row(document: Document, queued: Queued, branch_code: str) -> Row:
    is_freight = document.model == "57"
    row: dict[str, object] = {
        "DS_FILIAL": branch_code,
        "DS_DOC": f"{document.number:09d}",
        "DS_SERIE": document.series,
        "DS_FORNEC": document.issuer.code,
        "DS_LOJA": document.issuer.store,
        "DS_TIPO": "T" if is_freight else ("D" if document.kind is Kind.SALE_RETURN else "N"),
        "DS_CHAVENF": document.access_key,
        "DS_CNPJ": document.issuer.tax_id,
        "DS_ESPECI": "CTE" if is_freight else "SPED",
        "DS_EMISSA": day(document.issued_at),
        "DS_ARQUIVO": f"{document.access_key}.xml",
        "DS_DATAIMP": day(queued.imported_at),
        "DS_HORAIMP": f"{queued.imported_at:%H:%M}",
        "DS_USERIMP": "SCHEDULE",
        "DS_VALMERC": document.totals.goods,
        "DS_FRETE": document.totals.freight,
        "DS_VERSAO": "4.00",
    }
    if queued.generated_at:
        row["DS_STATUS"] = "P"
        row["DS_DATAPRE"], row["DS_HORAPRE"] = day(queued.generated_at), f"{queued.generated_at:%H:%M}"
        row["DS_USERPRE"] = "FISCAL01"
    return row


def _awareness_row(document: Document, awareness: Awareness, branch_code: str) -> Row:
    return {
        "C00_FILIAL": branch_code,
        "C00_CHVNFE": document.access_key,
        "C00_SERNFE": document.series,
        "C00_NUMNFE": f"{document.number:09d}",
        "C00_VLDOC": document.totals.amount,
        "C00_CNPJEM": document.issuer.tax_id,
        "C00_NOEMIT": document.issuer.name,
        "C00_DTEMI": day(document.issued_at),
        "C00_DTREC": day(document.received_at),
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
        "A1_CONTA": CUSTOMERS,
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
        "A2_CONTA": SUPPLIERS,
        "A2_MSBLQL": "2",
    }


def _company_row(kept: Kept) -> Row:
    party = kept.branch.party
    return {
        "M0_CODIGO": COMPANY,
        "M0_CODFIL": kept.code,
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


def _parameter_rows(kept: tuple[Kept, ...]) -> Iterator[Row]:
    first, *others = kept
    for name, value in (("MV_ESTADO", first.branch.party.place.uf), *_PARAMETERS):
        yield {"X6_VAR": name, "X6_TIPO": "C", "X6_CONTEUD": value}
    # A branch's own value stands before the one without branch.
    for other in others:
        yield {
            "X6_FIL": other.code,
            "X6_VAR": "MV_ESTADO",
            "X6_TIPO": "C",
            "X6_CONTEUD": other.branch.party.place.uf,
        }


_PARAMETERS = (("MV_FINFIX", "20"), ("MVRECANT", "RA "), ("MV_CRNEG", "NCC"), ("MVABATIM", "AB-|IR-|IN-|IS-"))
_GENERIC = (
    ("05", "NF", "NOTA FISCAL"), ("05", "DP", "DUPLICATA"), ("05", "NCC", "NOTA DE CREDITO CLIENTE"),
    ("05", "RA", "RECEBIMENTO ANTECIPADO"), ("09", "FAT", "008820"), ("09", "COM", "008810"),
    ("09", "FIN", "008850"), ("14", "R$", "DINHEIRO"), ("14", "TB", "TRANSFERENCIA BANCARIA"),
    ("SL", "0", "ORCADO"), ("SL", "1", "REAL"), ("SL", "9", "PRE-LANCAMENTO"),
)  # fmt: skip
# code, name, then whether it is a bank's, discounted, in protest (1 yes, 2 no)
_WALLETS = (
    ("0", "CARTEIRA", "2", "2", "2"),
    ("1", "COBRANCA SIMPLES", "1", "2", "2"),
    ("2", "COBRANCA DESCONTADA", "1", "1", "2"),
    ("3", "COBRANCA CAUCIONADA", "1", "2", "2"),
    ("4", "COBRANCA VINCULADA", "1", "2", "2"),
    ("5", "COM ADVOGADO", "1", "2", "2"),
    ("6", "COBRANCA JUDICIAL", "1", "2", "1"),
    ("7", "CAUCAO DESCONTADA", "1", "1", "2"),
    ("F", "CARTEIRA PROTESTO", "2", "2", "1"),
)


def _generic_rows() -> Iterator[Row]:
    for table, key, text in _GENERIC:
        yield {"X5_TABELA": table, "X5_CHAVE": key, "X5_DESCRI": text}


def _wallet_rows() -> Iterator[Row]:
    for code, name, is_of_bank, is_discounted, is_in_protest in _WALLETS:
        yield {
            "FRV_CODIGO": code,
            "FRV_DESCRI": name,
            "FRV_BANCO": is_of_bank,
            "FRV_DESCON": is_discounted,
            "FRV_PROTES": is_in_protest,
            "FRV_BLQMOV": "2",
        }


def _nature_rows() -> Iterator[Row]:
    yield {"ED_CODIGO": "VENDAS", "ED_DESCRIC": "Vendas", "ED_COND": "R", "ED_CREDIT": REVENUE}
    yield {"ED_CODIGO": "COMPRAS", "ED_DESCRIC": "Compras", "ED_COND": "D", "ED_DEBITO": STOCK}


def _note_type(posting: Posting) -> str:
    return "D" if posting.is_return else "N"


def _number_and_series(access_key: str) -> tuple[str, str]:
    return access_key[25:34], access_key[22:25].lstrip("0")
