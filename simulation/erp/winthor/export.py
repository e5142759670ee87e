"""How the Winthor keeps a story: which rows of which tables, with which values.

Titles and movements stand in titles.py, ledger legs in ledger.py, the queue to the platform in queue.py.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from simulation.companies import Party
from simulation.documents import Kind
from simulation.erp.keeping import Keeping, Kept
from simulation.erp.notes import Line, Register, TableSet, all_parties, lines, punctuated
from simulation.erp.system import Keys
from simulation.erp.tables import Row
from simulation.erp.winthor.ledger import Ledger, Operation
from simulation.erp.winthor.queue import Queue
from simulation.erp.winthor.tables import ENCODING, TABLES
from simulation.erp.winthor.titles import MONEY, SLIP, Titles
from simulation.finance import Booking, Entry
from simulation.stories import Posting, Story

_SOURCE = "winthor"
_AUTHORISED, _CANCELLED, _DENIED = 100, 101, 302
_SALE_TYPES = {Kind.SALE: 1, Kind.TRANSFER: 10}
_CASH_PLAN, _TERM_PLAN = 1, 28
# Some routines leave nothing of a cancelled note but its number.
_ZEROED_EVERY = 3
_CANCELLED_ORDER, _INVOICED_ORDER = "C", "F"


class WinthorExport:
    """Writes the tables of the branches that the Winthor keeps."""

    def __init__(self, folder: Path, keeping: Keeping) -> None:
        self._keeping = keeping
        self._tables = TableSet(TABLES, folder, ENCODING)
        # Customers and suppliers are numbered apart: the same number is two parties.
        self._customers = Register(all_parties(keeping.group), start=1)
        self._suppliers = Register(all_parties(keeping.group), start=501)
        self._accounts = {kept.code: 340 + int(kept.code) for kept in keeping.by(_SOURCE)}
        self._queue = Queue(self._tables)
        self._titles = Titles(self._tables, self._queue, self._accounts)
        self._ledger = Ledger(self._tables)
        self._exits, self._entries, self._orders, self._items, self._credits = 8_800, 70_000, 5_500, 0, 0

    @property
    def rows(self) -> Mapping[str, int]:
        """Return the rows written so far, by table."""
        return self._tables.rows

    def hear(self, story: Story) -> None:
        """Keep nothing of a document that was not posted: there is no import queue here."""

    def write(self, booking: Booking) -> Keys:
        """Keep a posting with all that hangs on it."""
        kept = self._keeping.of(booking.posting.branch)
        return self._enter(booking, kept) if booking.posting.is_entry else self._leave(booking, kept)

    def close(self) -> None:
        """Write the registers and whatever is left."""
        self._tables.close({
            "PCCLIENT": (_customer_row(party, number) for party, number in self._customers.items()),
            "PCFORNEC": (_supplier_row(party, number) for party, number in self._suppliers.items()),
            "PCFILIAL": map(_branch_row, self._keeping.by(_SOURCE)),
            "PCBANCO": (_bank_row(kept, self._accounts[kept.code]) for kept in self._keeping.by(_SOURCE)),
            "PCESTCR": self._titles.balance_rows(),
            "PCMOEDA": _money_rows(),
            "PCCOB": _billing_rows(),
            "PCPLPAG": _plan_rows(),
        })  # fmt: skip

    def _leave(self, booking: Booking, kept: Kept) -> Keys:
        posting = booking.posting
        self._exits += 1
        transaction, customer = self._exits, self._customers.number(posting.partner)
        order = self._order(booking, kept, transaction, customer) if _is_sale(posting) else 0
        self._tables.add("PCNFSAID", _exit_row(booking, kept, transaction, order, customer))
        self._queue.online("PCNFSAID", transaction, posting.posted_at)
        self._goods(posting, kept, "NUMTRANSVENDA", transaction)
        labels = self._titles.receive(booking, kept, transaction, order, customer)
        for entry in booking.entries():
            operation = Operation("PCNFSAID", transaction)
            if entry.title and entry.settlement:
                label = labels[entry.title.number, entry.settlement.sequence]
                operation = Operation("PCPREST", transaction, label)
            self._post(entry, kept, operation, posting)
        return Keys(f"{_SOURCE}|PCNFSAID|{transaction}", f"{_SOURCE}|PCPEDC|{order}")

    def _enter(self, booking: Booking, kept: Kept) -> Keys:
        posting = booking.posting
        self._entries += 1
        transaction, supplier = self._entries, self._suppliers.number(posting.partner)
        self._tables.add("PCNFENT", self._entry_row(booking, kept, transaction, supplier))
        self._queue.scheduled("PCNFENT", transaction, "I", posting.posted_at)
        self._goods(posting, kept, "NUMTRANSENT", transaction)
        if posting.is_return and not posting.deleted_at:
            self._credit(posting, kept, transaction)
        numbers = self._titles.pay(booking, kept, transaction, supplier)
        for entry in booking.entries():
            operation = Operation("PCNFENT", transaction)
            if entry.title and entry.settlement:
                operation = Operation("PCLANC", numbers[entry.title.number, entry.settlement.sequence])
            self._post(entry, kept, operation, posting)
        return Keys(f"{_SOURCE}|PCNFENT|{transaction}")

    def _post(self, entry: Entry, kept: Kept, operation: Operation, posting: Posting) -> None:
        self._ledger.write(entry, kept.code, operation, posting.number)

    def _order(self, booking: Booking, kept: Kept, transaction: int, customer: int) -> int:
        posting = booking.posting
        self._orders += 1
        ordered_at = posting.posted_at - timedelta(minutes=50)
        self._tables.add("PCPEDC", {
            "NUMPED": self._orders,
            "DATA": ordered_at.date(),
            "CODCLI": customer,
            "CODFILIAL": kept.code,
            "CODUSUR": 1,
            "CODCOB": SLIP if booking.titles else MONEY,
            "CODPLPAG": _TERM_PLAN if booking.titles else _CASH_PLAN,
            "CONDVENDA": 1,
            "VLTOTAL": posting.amount,
            "VLATEND": posting.amount,
            "POSICAO": _CANCELLED_ORDER if posting.deleted_at else _INVOICED_ORDER,
            "DTCANCEL": posting.deleted_at.date() if posting.deleted_at else None,
            "NUMNOTA": int(posting.number),
            "NUMTRANSVENDA": transaction,
            "CHAVENFE": posting.access_key,
            "ORIGEMPED": "T",
            "DTMXSALTER": posting.deleted_at or posting.posted_at,
            "BLOQUEIOSUPPLIER": "N",
            "BLOQUEIOFATURAMENTO": "N",
        })  # fmt: skip
        self._queue.online("PCPEDC", self._orders, ordered_at, replication=booking.replication)
        return self._orders

    def _goods(self, posting: Posting, kept: Kept, column: str, transaction: int) -> None:
        for line in lines(posting):
            self._items += 1
            self._tables.add("PCMOV", {
                **_goods_row(posting, line, kept), column: transaction, "NUMTRANSITEM": self._items,
            })  # fmt: skip

    def _credit(self, posting: Posting, kept: Kept, transaction: int) -> None:
        self._credits += 1
        self._tables.add("PCCRECLI", {
            "CODIGO": self._credits,
            "CODCLI": self._customers.number(posting.partner),
            "CODFILIAL": kept.code,
            "DTLANC": posting.posted_at.date(),
            "VALOR": posting.amount,
            "NUMNOTA": int(posting.number),
            "SERIE": posting.series,
            "NUMTRANSENTDEVCLI": transaction,
            "ORIGEM": "D",
            "HISTORICO": "DEVOLUCAO DE CLIENTE",
            "CODROTINA": 1303,
            "ROTINAINSERT": "1303",
            "DTMXSALTER": posting.posted_at,
        })  # fmt: skip
        self._queue.scheduled("PCCRECLI", self._credits, "I", posting.posted_at)

    def _entry_row(self, booking: Booking, kept: Kept, transaction: int, supplier: int) -> Row:
        posting, partner = booking.posting, booking.posting.partner
        is_freight = posting.species == "CTE"
        row: dict[str, object] = {
            "NUMTRANSENT": transaction,
            "CODCONT": 100_001,
            "NUMNOTA": int(posting.number),
            "SERIE": posting.series,
            "ESPECIE": _SPECIES[posting.species][0],
            "MODELO": _SPECIES[posting.species][1],
            "CODFILIAL": kept.code,
            "CODFILIALNF": kept.code,
            "DTEMISSAO": posting.issued_on,
            "DTENT": posting.posted_at.date(),
            "DTCANCEL": posting.deleted_at.date() if posting.deleted_at else None,
            # Of a return the customer's number.
            "CODFORNEC": self._customers.number(partner) if posting.is_return else supplier,
            "FORNECEDOR": partner.name,
            "CGC": punctuated(partner.tax_id),
            "VLTOTAL": posting.amount,
            "VLTOTGER": posting.amount,
            "CODFISCAL": int(lines(posting)[0].cfop),
            "EMISSAOPROPRIA": "S" if posting.is_own_form else "N",
            "FINALIDADENFE": "4" if posting.is_return else "1",
            "PROTOCOLODESACORDOCTE": booking.disagreement,
            "NFDEVOLMAISNEG": "N",
        }
        if posting.access_key:
            key, status = ("CHAVECTE", "SITUACAOCTE") if is_freight else ("CHAVENFE", "SITUACAONFE")
            row[key] = posting.access_key
            row[status] = _CANCELLED if posting.deleted_at and posting.is_own_form else _AUTHORISED
        if posting.is_return and posting.document:
            original = posting.document.references[0]
            row |= {
                "CODDEVOL": 1,
                "NUMNOTAVENDA": int(original[25:34]),
                "SERIENFVENDA": original[22:25].lstrip("0"),
                "VALORCREDITODEV": posting.amount,
            }
        return row


# ESPECIE and MODELO by what the note is.
_SPECIES = {"SPED": ("NF", "55"), "CTE": ("CT", "57"), "NFS": ("NS", "99"), "NF": ("NF", "01")}


def _is_sale(posting: Posting) -> bool:
    return posting.document is not None and posting.document.kind is Kind.SALE


def _exit_row(booking: Booking, kept: Kept, transaction: int, order: int, customer: int) -> Row:
    posting, partner, own = booking.posting, booking.posting.partner, kept.branch.party
    document = posting.document
    is_zeroed = posting.deleted_at is not None and transaction % _ZEROED_EVERY == 0
    row: dict[str, object] = {
        "NUMTRANSVENDA": transaction,
        "NUMNOTA": int(posting.number),
        "SERIE": posting.series,
        "ESPECIE": "NF",
        "CODFILIAL": kept.code,
        "CODFILIALNF": kept.code,
        "DTSAIDA": posting.issued_on,
        "DTFAT": posting.issued_on,
        "VLTOTAL": 0 if is_zeroed else posting.amount,
        "VLTOTGER": 0 if is_zeroed else posting.amount,
        "VLTOTALNF": 0 if is_zeroed else posting.amount,
        "VLDESCONTO": posting.discount,
        "VLFRETE": posting.freight,
        "VLIPI": posting.ipi,
        "VLICMS": posting.icms,
        "CODCLI": customer,
        "CODUSUR": 1,
        "CODSUPERVISOR": 1,
        "CODPRACA": 1,
        "CODCOB": SLIP if booking.titles else MONEY,
        "CODPLPAG": _TERM_PLAN if booking.titles else _CASH_PLAN,
        "CONDVENDA": _SALE_TYPES.get(document.kind, 1) if document else 1,
        "NUMPED": order or None,
        "CHAVENFE": posting.access_key,
        "SITUACAONFE": _DENIED if posting.is_denied else _AUTHORISED,
        "AMBIENTENFE": "P",
        "CLIENTE": partner.name,
        "CGC": punctuated(partner.tax_id),
        "IE": partner.state_registration,
        "UF": partner.place.uf,
        "CGCFILIAL": punctuated(own.tax_id),
        "UFFILIAL": own.place.uf,
    }
    for title in booking.titles:
        row[f"PRAZO{title.number}"] = (title.due_on - posting.issued_on).days
    if document and not posting.is_denied:
        received_at = document.received_at.astimezone(own.place.zone)
        row |= {"PROTOCOLONFE": document.protocol, "DTHORAAUTORIZACAOSEFAZ": received_at}
    if posting.deleted_at:
        row |= {"DTCANCEL": posting.deleted_at.date(), "SITUACAONFE": _CANCELLED}
    return row


def _goods_row(posting: Posting, line: Line, kept: Kept) -> dict[str, object]:
    return {
        "NUMSEQ": line.number,
        "CODFILIAL": kept.code,
        "CODOPER": ("ED" if posting.is_return else "E") if posting.is_entry else "S",
        "DTMOV": posting.posted_at.date(),
        "DTCANCEL": posting.deleted_at.date() if posting.deleted_at else None,
        "NUMNOTA": int(posting.number),
        "CODPROD": int("".join(filter(str.isdecimal, line.product)) or 99_999),
        "DESCRICAO": line.name[:40],
        "UNIDADE": line.unit[:2],
        "QT": line.quantity,
        "QTCONT": line.quantity,
        "PUNIT": line.price * 100,
        "PUNITCONT": line.price * 100,
        "CODFISCAL": int(line.cfop),
    }


def _customer_row(party: Party, number: int) -> Row:
    return {
        "CODCLI": number,
        "CLIENTE": party.name,
        "FANTASIA": party.name[:40],
        "CGCENT": punctuated(party.tax_id),
        "ESTCOB": party.place.uf,
        "CODCOB": SLIP,
        "CODPLPAG": _TERM_PLAN,
        "LIMCRED": 50_000_000,
        "BLOQUEIO": "N",
        "CODUSUR1": 1,
        "CODPRACA": 1,
        "CLIENTEMAISNEGOCIOS": "N",
        "PERMITEFATURARAPRAZOMAISNEG": "N",
    }


def _supplier_row(party: Party, number: int) -> Row:
    return {
        "CODFORNEC": number,
        "FORNECEDOR": party.name,
        "FANTASIA": party.name[:40],
        "CGC": punctuated(party.tax_id),
        "ESTADO": party.place.uf,
        "BLOQUEIO": "N",
    }


def _branch_row(kept: Kept) -> Row:
    party = kept.branch.party
    return {
        "CODIGO": kept.code,
        "RAZAOSOCIAL": party.name,
        "CGC": punctuated(party.tax_id),
        "UF": party.place.uf,
    }


def _bank_row(kept: Kept, number: int) -> Row:
    account = kept.branch.account
    return {
        "CODBANCO": number,
        "NOME": account.bank_name,
        "NUMBANCO": int(account.bank),
        "AGENCIA": account.agency,
        "CONTA": account.number,
        "CODCONTABIL": int(account.ledger_account),
        "TIPOCXBCO": "B",
        "CODFILIAL": kept.code,
        "FLUXOCX": "S",
    }


def _money_rows() -> Iterator[Row]:
    return iter(({"CODMOEDA": MONEY, "MOEDA": "DINHEIRO"}, {"CODMOEDA": SLIP, "MOEDA": "BOLETO"}))


# What counts as a title to receive, and what by convention does not.
_BILLING = (
    (MONEY, "DINHEIRO"), (SLIP, "BOLETO BANCARIO"), ("DH", "DINHEIRO NA ENTREGA"), ("DESD", "DESDOBRAMENTO"),
    ("DEVP", "DEVOLUCAO PARCIAL"), ("DEVT", "DEVOLUCAO TOTAL"), ("BNF", "BONIFICACAO"),
    ("CRED", "CREDITO DE CLIENTE"), ("SUPP", "MAIS NEGOCIOS"),
)  # fmt: skip


def _billing_rows() -> Iterator[Row]:
    for code, name in _BILLING:
        yield {
            "CODCOB": code,
            "COBRANCA": name,
            "CODMOEDA": SLIP if code == SLIP else MONEY,
            "BOLETO": "S" if code == SLIP else "N",
            "CARTAO": "N",
            "FLUXOCX": "S",
        }


_PLANS = ((_CASH_PLAN, "A VISTA", 0, MONEY), (_TERM_PLAN, "28 DIAS E MULTIPLOS", 28, SLIP))


def _plan_rows() -> Iterator[Row]:
    for number, name, days, billing in _PLANS:
        yield {
            "CODPLPAG": number,
            "DESCRICAO": name,
            "NUMDIAS": days,
            "PRAZO1": days,
            "CODCOB": billing,
            "STATUS": "A",
            "USASUPPLICARD": "N",
        }
