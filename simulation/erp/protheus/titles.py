"""How the Protheus keeps titles and what moves on them: SE1, SE2, SEA, FJU, SE5, the FK family, SE8.

A settlement is told twice, as the product does: in SE5, and in FK1 or FK2, FK5 and FK6, tied by FKA. What is
paid when is told by simulation/finance.py.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from simulation.companies import Branch
from simulation.erp.keeping import Keeping
from simulation.erp.protheus.values import Stamped, day
from simulation.erp.tables import Row, TableWriter
from simulation.finance import Booking, Settlement, Title


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the money: its title table and columns, its settlements, its sign and codes."""

    titles: str
    prefix: str
    partner: str
    name: str
    settlements: str
    sign: str
    back: str
    nature: str
    settled_by: str
    title_from: str


_RECEIVABLE = Side("SE1", "E1", "CLIENTE", "NOMCLI", "FK1", "R", "P", "VENDAS", "FINA070", "MATA460")
_PAYABLE = Side("SE2", "E2", "FORNECE", "NOMFOR", "FK2", "P", "R", "COMPRAS", "FINA080", "MATA103")
_TITLE_TYPE = "NF"
_IN_HAND, _AT_THE_BANK = "0", "1"
_COLLECTED_EVERY = 6


class Titles:
    """Writes titles and what moves on them; keeps the movements of each bank account by day."""

    def __init__(self, writers: Mapping[str, TableWriter], keeping: Keeping) -> None:
        self._writers = writers
        self._keeping = keeping
        self._serial = self._offered = 0
        self._moved: dict[tuple[str, date], int] = defaultdict(int)
        self._branches: dict[str, Branch] = {}

    def write(self, booking: Booking) -> Mapping[tuple[int, int], int]:
        """Write the titles of a booking; return the SE5 record of each settlement by title and sequence."""
        records = {}
        for title in booking.titles:
            code = self._keeping.of(title.posting.branch).code
            side = _PAYABLE if title.posting.is_entry else _RECEIVABLE
            key = _title_key(code, title)
            wallet = self._wallet(side, code, title)
            record = self._writers[side.titles].add(_title_row(side, code, title, wallet))
            if title.posting.deleted_at:
                self._writers["FJU"].add(_deletion_row(side, key, title, record))
            document = self._id("TIT")
            self._writers["FK7"].add(_document_row(side, document, key))
            for settlement in title.settlements:
                record = self._settle(side, code, title, settlement, document)
                records[title.number, settlement.sequence] = record
        return records

    def balance_rows(self) -> Iterator[Row]:
        """Yield SE8: the balance of each account at the end of the days on which something moved."""
        balances: dict[str, tuple[int, date | None]] = {}
        for (code, on), moved in sorted(self._moved.items()):
            before, before_on = balances.get(code, (0, None))
            account = self._branches[code].account
            balances[code] = before + moved, on
            yield {
                "E8_FILIAL": code,
                "E8_BANCO": account.bank,
                "E8_AGENCIA": account.agency,
                "E8_CONTA": account.number,
                "E8_MOEDA": "01",
                "E8_DTSALAT": day(on),
                "E8_SALATUA": before + moved,
                "E8_SALRECO": before + moved,
                "E8_SALANT": before,
                "E8_DTSALAN": day(before_on) if before_on else "",
            }

    def account_rows(self) -> Iterator[Row]:
        """Yield SA6, with the balance of today."""
        for kept in self._keeping.by("protheus"):
            account = kept.branch.account
            yield {
                "A6_COD": account.bank,
                "A6_AGENCIA": account.agency,
                "A6_NUMCON": account.number,
                "A6_CONTA": account.ledger_account,
                "A6_NOME": account.bank_name,
                "A6_NREDUZ": account.bank_name,
                "A6_MOEDA": 1,
                "A6_SALATU": sum(moved for (code, _), moved in self._moved.items() if code == kept.code),
                # A limit is no money: the ERP's own statement adds it, the ledger does not.
                "A6_LIMCRED": 5_000_000,
                "A6_BLOCKED": "2",
                "A6_FLUXCAI": "S",
            }

    def _wallet(self, side: Side, code: str, title: Title) -> Mapping[str, str]:
        """Send every so many open receivables to the bank; return what the title says of it."""
        if side is not _RECEIVABLE or not title.open_amount or title.posting.partner.is_person:
            return {"SITUACA": _IN_HAND}
        self._offered += 1
        if self._offered % _COLLECTED_EVERY:
            return {"SITUACA": _IN_HAND}
        posting, account = title.posting, title.posting.branch.account
        number, on = f"{self._offered:06d}", day(posting.posted_at)
        _, prefix, note, parcel, kind, partner, store = _title_key(code, title)
        self._writers["SEA"].add({
            "EA_FILIAL": code,
            "EA_NUMBOR": number,
            "EA_PREFIXO": prefix,
            "EA_NUM": note,
            "EA_PARCELA": parcel,
            "EA_TIPO": kind,
            "EA_FORNECE": partner,
            "EA_LOJA": store,
            "EA_CART": "R",
            "EA_DATABOR": on,
            "EA_PORTADO": account.bank,
            "EA_AGEDEP": account.agency,
            "EA_NUMCON": account.number,
            "EA_SITUACA": _AT_THE_BANK,
            "EA_SITUANT": _IN_HAND,
            "EA_TRANSF": "S",
            "EA_SALDO": title.amount,
            "EA_FILORIG": code,
            "EA_ORIGEM": "FINA060",
        })  # fmt: skip
        return {"SITUACA": _AT_THE_BANK, "NUMBOR": number, "DATABOR": on}

    def _id(self, kind: str) -> str:
        self._serial += 1
        return f"{kind}{self._serial:029d}"

    def _move(self, branch: Branch, code: str, on: date, amount: int) -> None:
        self._branches[code] = branch
        self._moved[code, on] += amount

    def _settle(self, side: Side, code: str, title: Title, settlement: Settlement, document: str) -> int:
        branch = title.posting.branch
        direction = 1 if side is _RECEIVABLE else -1
        self._move(branch, code, settlement.credited_on, direction * settlement.moved)
        settled = self._settlement(
            side, code, title, settlement, document, "VL", side.sign, settlement.paid_on
        )
        record = self._writers["SE5"].count + 1
        # Two ways of the product to take a settlement back: mark its row, or write one against it.
        is_marked = record % 2 == 0
        for row in _movement_rows(side, code, title, settlement, settled, is_marked=is_marked):
            self._writers["SE5"].add(row)
        if settlement.reversed_on:
            self._move(branch, code, settlement.reversed_on, -direction * settlement.moved)
            back = self._settlement(
                side, code, title, settlement, document, "ES", side.back, settlement.reversed_on
            )
            if not is_marked:
                self._writers["SE5"].add(_reversal_row(side, code, title, settlement, back))
        return record

    def _settlement(
        self,
        side: Side,
        code: str,
        title: Title,
        settlement: Settlement,
        document: str,
        kind: str,
        sign: str,
        on: date,
    ) -> str:
        """Write FK1 or FK2, FK5, FK6 and FKA of a settlement or of its reversal; return the FK1 or FK2 id."""
        settled, moved, process = self._id(side.settlements), self._id("FK5"), self._id("P")[-20:]
        account, name = title.posting.branch.account, side.settlements
        available_on = settlement.credited_on if kind == "VL" else on
        text = _history(title, kind)
        self._writers[name].add({
            f"{name}_FILIAL": code,
            f"{name}_ID{name}": settled,
            f"{name}_DATA": day(on),
            f"{name}_VALOR": settlement.moved,
            f"{name}_VLMOE2": settlement.moved,
            f"{name}_MOEDA": "01",
            f"{name}_TXMOED": 10_000,
            f"{name}_NATURE": side.nature,
            f"{name}_VENCTO": day(title.due_on),
            f"{name}_RECPAG": sign,
            f"{name}_TPDOC": kind,
            f"{name}_MOTBX": "NOR",
            f"{name}_SEQ": f"{settlement.sequence:02d}",
            f"{name}_SITCOB": "0",
            f"{name}_FILORI": code,
            f"{name}_ORIGEM": side.settled_by,
            f"{name}_LA": "S",
            f"{name}_HISTOR": text,
            f"{name}_IDDOC": document,
            f"{name}_IDPROC": process,
            f"{name}_DTDISP": day(available_on),
            f"{name}_DTDIGI": day(on),
        })  # fmt: skip
        self._writers["FK5"].add({
            "FK5_FILIAL": code,
            "FK5_IDMOV": moved,
            "FK5_DATA": day(on),
            "FK5_DTDISP": day(available_on),
            "FK5_VALOR": settlement.moved,
            "FK5_VLMOE2": settlement.moved,
            "FK5_MOEDA": "01",
            "FK5_RECPAG": sign,
            "FK5_TPDOC": kind,
            "FK5_BANCO": account.bank,
            "FK5_AGENCI": account.agency,
            "FK5_CONTA": account.number,
            "FK5_HISTOR": text,
            "FK5_NATURE": side.nature,
            "FK5_SEQ": f"{settlement.sequence:02d}",
            "FK5_FILORI": code,
            "FK5_ORIGEM": side.settled_by,
            "FK5_LA": "S",
            "FK5_IDDOC": document,
        })  # fmt: skip
        for accessory, amount in _accessories(settlement):
            self._writers["FK6"].add({
                "FK6_FILIAL": code,
                "FK6_IDFK6": self._id("FK6"),
                "FK6_IDORIG": settled,
                "FK6_TABORI": name,
                "FK6_TPDOC": accessory,
                "FK6_VALCAL": amount,
                "FK6_VALMOV": amount,
                "FK6_RECPAG": sign,
            })  # fmt: skip
        for table, origin in ((name, settled), ("FK5", moved)):
            self._writers["FKA"].add({
                "FKA_FILIAL": code,
                "FKA_IDFKA": self._id("FKA"),
                "FKA_IDPROC": process,
                "FKA_IDORIG": origin,
                "FKA_TABORI": table,
            })  # fmt: skip
        return settled


def _accessories(settlement: Settlement) -> Iterator[tuple[str, int]]:
    if settlement.interest:
        yield "JR", settlement.interest
    if settlement.discount:
        yield "DC", settlement.discount


def _title_key(code: str, title: Title) -> tuple[str, ...]:
    posting = title.posting
    return (
        code, posting.series, posting.number, str(title.number), _TITLE_TYPE,
        posting.partner.code, posting.partner.store,
    )  # fmt: skip


def _title_row(side: Side, code: str, title: Title, wallet: Mapping[str, str]) -> Row:
    posting, prefix = title.posting, side.prefix
    branch, standing, series, number, parcel, kind, *_ = (
        posting.branch, title.standing, *_title_key(code, title)[1:],
    )  # fmt: skip
    row: dict[str, object] = {
        "FILIAL": code,
        "PREFIXO": series,
        "NUM": number,
        "PARCELA": parcel,
        "TIPO": kind,
        side.partner: posting.partner.code,
        "LOJA": posting.partner.store,
        side.name: posting.partner.name[:20],
        "NATUREZ": side.nature,
        "EMISSAO": day(posting.issued_on),
        "EMIS1": day(posting.posted_at),
        "VENCTO": day(title.due_on),
        "VENCREA": day(title.due_on),
        "VENCORI": day(title.due_on),
        "VALOR": title.amount,
        "VLCRUZ": title.amount,
        "SALDO": title.open_amount,
        "MOEDA": 1,
        "STATUS": "A" if title.open_amount else "B",
        "ORIGEM": side.title_from,
        "FILORIG": code,
        "LA": "S",
        "MOVIMEN": day(standing[-1].paid_on if standing else posting.posted_at),
    }
    if standing:
        row["BAIXA"], row["VALLIQ"] = day(standing[-1].paid_on), standing[-1].moved
    if side is _RECEIVABLE:
        row |= {
            **wallet,
            "PORTADO": branch.account.bank,
            "AGEDEP": branch.account.agency,
            "CONTA": branch.account.number,
            "NUMNOTA": number,
            "SERIE": series,
            "FLUXO": "S",
        }
    control = Stamped.of(posting, changed_on=standing[-1].paid_on if standing else None)
    return {**{f"{prefix}_{name}": value for name, value in row.items()}, **control.row()}


def _deletion_row(side: Side, key: tuple[str, ...], title: Title, record: int) -> Row:
    branch, prefix, number, parcel, kind, partner, store = key
    assert title.posting.deleted_at is not None  # noqa: S101 - the caller asked
    return {
        "FJU_FILIAL": branch,
        "FJU_CART": side.sign,
        "FJU_PREFIX": prefix,
        "FJU_NUM": number,
        "FJU_PARCEL": parcel,
        "FJU_TIPO": kind,
        "FJU_CLIFOR": partner,
        "FJU_LOJA": store,
        "FJU_EMIS": day(title.posting.issued_on),
        "FJU_DTEXCL": day(title.posting.deleted_at),
        "FJU_RECORI": record,
        "FJU_VALOR": title.amount,
    }


def _document_row(side: Side, document: str, key: tuple[str, ...]) -> Row:
    branch, prefix, number, parcel, kind, partner, store = key
    widths = (4, 3, 9, 1, 3, 6, 2)
    return {
        "FK7_FILIAL": branch,
        "FK7_IDDOC": document,
        "FK7_ALIAS": side.titles,
        "FK7_CHAVE": "|".join(f"{field:<{width}}" for field, width in zip(key, widths, strict=True)),
        "FK7_FILTIT": branch,
        "FK7_PREFIX": prefix,
        "FK7_NUM": number,
        "FK7_PARCEL": parcel,
        "FK7_TIPO": kind,
        "FK7_CLIFOR": partner,
        "FK7_LOJA": store,
    }


def _movement_rows(
    side: Side, code: str, title: Title, settlement: Settlement, settled: str, *, is_marked: bool
) -> Iterator[Row]:
    """Yield SE5 of a settlement: the row that moves the bank, then those that tell interest and discount."""
    main = _movement_row(side, code, title, settlement, settled)
    if settlement.reversed_on and is_marked:
        main |= {"E5_SITUACA": "C", "E5_DTCANBX": day(settlement.reversed_on)}
    yield main
    for accessory, amount in _accessories(settlement):
        yield {
            **main,
            "E5_TIPODOC": accessory,
            "E5_VALOR": amount,
            "E5_VLMOED2": amount,
            "E5_VLJUROS": 0,
            "E5_VLDESCO": 0,
        }


def _movement_row(
    side: Side, code: str, title: Title, settlement: Settlement, settled: str
) -> dict[str, object]:
    account = title.posting.branch.account
    _, prefix, number, parcel, kind, partner, store = _title_key(code, title)
    return {
        "E5_FILIAL": code,
        "E5_DATA": day(settlement.paid_on),
        "E5_DTDIGIT": day(settlement.credited_on),
        "E5_DTDISPO": day(settlement.credited_on),
        "E5_VALOR": settlement.moved,
        "E5_VLMOED2": settlement.moved,
        "E5_TXMOEDA": 10_000,
        "E5_MOEDA": "01",
        "E5_RECPAG": side.sign,
        "E5_TIPODOC": "VL",
        "E5_MOTBX": "NOR",
        "E5_BANCO": account.bank,
        "E5_AGENCIA": account.agency,
        "E5_CONTA": account.number,
        "E5_PREFIXO": prefix,
        "E5_NUMERO": number,
        "E5_PARCELA": parcel,
        "E5_TIPO": kind,
        "E5_CLIFOR": partner,
        "E5_LOJA": store,
        "E5_SEQ": f"{settlement.sequence:02d}",
        "E5_HISTOR": _history(title, "VL"),
        "E5_BENEF": title.posting.partner.name[:30],
        "E5_NATUREZ": side.nature,
        "E5_VLJUROS": settlement.interest,
        "E5_VLDESCO": settlement.discount,
        "E5_SITCOB": "0",
        "E5_LA": "S",
        "E5_ORIGEM": side.settled_by,
        "E5_MOVFKS": "S",
        "E5_IDORIG": settled,
        "E5_TABORI": side.settlements,
        "E5_FILORIG": code,
    }


def _reversal_row(side: Side, code: str, title: Title, settlement: Settlement, back: str) -> Row:
    on = day(settlement.reversed_on) if settlement.reversed_on else ""
    return _movement_row(side, code, title, settlement, back) | {
        "E5_DATA": on,
        "E5_DTDIGIT": on,
        "E5_DTDISPO": on,
        "E5_RECPAG": side.back,
        "E5_TIPODOC": "ES",
        "E5_HISTOR": _history(title, "ES"),
    }


def _history(title: Title, kind: str) -> str:
    what = "Baixa" if kind == "VL" else "Estorno de baixa"
    return f"{what} do titulo {title.posting.number}/{title.number}"[:40]
