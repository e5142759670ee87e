"""The fiscal documents of the simulated world as facts: who, what, how much, which taxes, which access key.

A document is drawn from its own random stream, so it is the same whatever stands around it. How it is written
as XML stands in xml/, what happens to it afterwards in stories.py, what the ERP keeps of it in erp/.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import NamedTuple
from zlib import crc32

from simulation.companies import ALPHANUMERIC_SINCE, Branch, Group, Party
from simulation.goods import CATALOGUE, Goods
from simulation.identifiers import access_key
from simulation.money import parts, share


class Kind(StrEnum):
    """What a document is to the group."""

    PURCHASE = "purchase"
    SALE = "sale"
    TRANSFER = "transfer"
    ENTRY = "entry"
    PURCHASE_RETURN = "purchase_return"
    SALE_RETURN = "sale_return"
    FREIGHT = "freight"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document must be like; what is left at its default is drawn.

    ``status`` is the cStat of the protocol; ``taker`` the tag of a CT-e's taker group (3 or 4). ``is_plain``
    leaves out whatever brings further roles or events.
    """

    kind: Kind
    environment: str = "1"
    status: str = "100"
    taker: str = "3"
    with_letters: bool = False
    with_person: bool = False
    with_stores: bool = False
    with_ipi: bool = False
    is_plain: bool = False


# Values made by the million are NamedTuples: as immutable as a frozen dataclass and built four times faster.
class Icms(NamedTuple):
    """The ICMS of an item: its group (``00`` …, ``SN101`` …), amounts in centavos, rates in 1/100 %."""

    group: str
    base: int = 0
    rate: int = 0
    amount: int = 0
    reduction: int = 0
    relief: int = 0
    st_base: int = 0
    st_rate: int = 0
    st_amount: int = 0
    fcp_st: int = 0


class IbsCbs(NamedTuple):
    """IBS and CBS of an item; ``reduction`` in 1/100 %. The amounts are not part of the total in 2026."""

    cst: str
    class_code: str
    reduction: int
    base: int
    ibs_uf: int
    cbs: int


class Item(NamedTuple):
    """A line of an NF-e; quantity and unit price in 1/10 000, amounts in centavos."""

    number: int
    goods: Goods
    cfop: str
    quantity: int
    price: int
    gross: int
    discount: int
    freight: int
    insurance: int
    other: int
    icms: Icms
    ipi_cst: str
    ipi_base: int
    ipi_rate: int
    ipi: int
    ipi_returned: int
    pis_cst: str
    pis_base: int
    pis: int
    cofins: int
    ibs_cbs: IbsCbs | None

    @property
    def total(self) -> int:
        """Return the line's share of vNF, in centavos (the document's formula, per line)."""
        icms = self.icms
        return (
            self.gross - self.discount + self.freight + self.insurance + self.other
            + self.ipi + self.ipi_returned + icms.st_amount + icms.fcp_st - icms.relief
        )  # fmt: skip


class Totals(NamedTuple):
    """ICMSTot in centavos; ``amount`` is vNF (of a CT-e vTPrest)."""

    goods: int
    discount: int
    freight: int
    insurance: int
    other: int
    icms_base: int
    icms: int
    relief: int
    st_base: int
    st: int
    fcp_st: int
    ipi: int
    ipi_returned: int
    pis: int
    cofins: int
    amount: int


class Freight(NamedTuple):
    """What only a CT-e has. ``taker_role`` is ``toma``: 0 sender, 3 recipient, 4 someone else."""

    sender: Party
    taker: Party
    taker_role: str
    cfop: str
    cargo: int
    components: tuple[tuple[str, int], ...]
    icms: Icms
    ibs_cbs: IbsCbs | None


class Instalment(NamedTuple):
    """A duplicata: due day and amount in centavos."""

    due_on: date
    amount: int


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """An NF-e (model 55) or CT-e (model 57) with its protocol.

    ``branch`` is the member of the group that it is about, ``other_branch`` the recipient of a transfer.
    ``references`` are the keys in refNFe or, of a CT-e, the transported NF-e. Instants carry the issuer's
    offset.
    """

    act: int
    shape: Shape
    model: str
    access_key: str
    series: str
    number: int
    issued_at: datetime
    branch: Branch
    other_branch: Branch | None
    issuer: Party
    recipient: Party
    direction: str
    purpose: str
    nature: str
    items: tuple[Item, ...]
    totals: Totals
    instalments: tuple[Instalment, ...]
    payment: str
    references: tuple[str, ...]
    carrier: Party | None
    authorised: str
    order_number: str
    note: str
    freight: Freight | None
    protocol: str
    received_at: datetime

    @property
    def kind(self) -> Kind:
        """Return what the document is to the group."""
        return self.shape.kind

    @property
    def partner(self) -> Party:
        """Return the other side: supplier, customer, carrier, or the other branch as the issuer sees it."""
        return self.recipient if self.issuer is self.branch.party else self.issuer

    @property
    def is_issued(self) -> bool:
        """Tell whether the branch issued the document."""
        return self.issuer is self.branch.party

    def serial(self, number: int) -> str:
        """Return a protocol number of 15 digits that nothing else has; 0 is the document's own."""
        return _protocol(self.issuer, self.issued_at, self.act, number)


_INTERNAL_RATES = {
    "SP": 1800, "PR": 1950, "AM": 2000, "SC": 1700, "MT": 1700, "MG": 1800,
    "RJ": 2000, "RS": 1700, "BA": 2050, "GO": 1900, "PE": 2050, "AC": 1900,
}  # fmt: skip
_SOUTH_AND_SOUTHEAST = frozenset({"SP", "PR", "SC", "RS", "MG", "RJ"})
_NATURES = {
    Kind.PURCHASE: "Venda de mercadoria",
    Kind.SALE: "Venda de mercadoria",
    Kind.TRANSFER: "Transferência entre filiais",
    Kind.ENTRY: "Compra de produtor rural",
    Kind.PURCHASE_RETURN: "Devolução de compra",
    Kind.SALE_RETURN: "Devolução de compra",
    Kind.FREIGHT: "Prestação de serviço de transporte",
    Kind.CARRIED: "Prestação de serviço de transporte",
}
# The last three digits of the CFOP; the first one tells entry or exit, inside or outside the UF.
_CFOP = {
    Kind.TRANSFER: "152",
    Kind.ENTRY: "102",
    Kind.PURCHASE_RETURN: "202",
    Kind.SALE_RETURN: "202",
}
_NOTES = (
    "",
    "",
    "Pedido conferido na portaria; entrega até 18h.",
    "Não aceitamos devolução após 7 dias & sem canhoto assinado.",
    "=CONFERIR(A1) conforme romaneio",
    "Mercadoria destinada à revenda - substituição tributária recolhida anteriormente",
)
_RECENT = 8


class DocumentMaker:
    """Makes the documents of a world in order; keeps only counters and the last few of each branch."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._siblings = {
            branch.code: tuple(b for b in company.branches if b is not branch)
            for company in group.companies
            for branch in company.branches
        }
        self._second_stores = {party.code: party for party in group.partners.second_stores}
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._bought: dict[str, list[Document]] = {branch.code: [] for branch in group.branches}
        self._sold: dict[str, list[Document]] = {branch.code: [] for branch in group.branches}

    def siblings(self, branch: Branch) -> tuple[Branch, ...]:
        """Return the other branches of a branch's company."""
        return self._siblings[branch.code]

    def second_store(self, supplier: Party) -> Party:
        """Return the second store of a supplier who has one."""
        return self._second_stores[supplier.code]

    def remember(self, document: Document, rng: Random) -> None:
        """Keep a document with an ordinary life for the returns and freights that come later."""
        if document.shape.environment != "1":
            return
        if document.kind is Kind.PURCHASE:
            recent = self._bought[document.branch.code]
        elif document.kind is Kind.SALE:
            recent = self._sold[document.branch.code]
        else:
            return
        if len(recent) < _RECENT:
            recent.append(document)
        else:
            recent[int(rng.random() * _RECENT)] = document

    def make(self, shape: Shape, *, act: int, branch: Branch, moment: datetime, rng: Random) -> Document:
        """Make the document of an act; ``moment`` is the issuer's local time, without offset."""
        if shape.kind in (Kind.FREIGHT, Kind.CARRIED):
            return self._cte(shape, act, branch, moment, rng)
        return self._nfe(shape, act, branch, moment, rng)

    def key_of_another(self, document: Document) -> str:
        """Return a valid key of the same issuer and month whose number nobody has."""
        return _key(
            document.issuer,
            document.model,
            document.series,
            document.number + 500_000_000,
            document.issued_at,
            77,
        )

    # --- NF-e

    def _nfe(self, shape: Shape, act: int, branch: Branch, moment: datetime, rng: Random) -> Document:
        kind = shape.kind
        own = branch.party
        other_branch = None
        original: Document | None = None
        references: tuple[str, ...] = ()
        if kind is Kind.PURCHASE:
            issuer, recipient = self._supplier(shape, moment, rng), own
        elif kind is Kind.SALE:
            issuer, recipient = own, self._customer(shape, moment, rng)
        elif kind is Kind.TRANSFER:
            other_branch = rng.choice(self._siblings[branch.code])
            issuer, recipient = own, other_branch.party
        elif kind is Kind.ENTRY:
            issuer, recipient = own, rng.choice(self._group.partners.producers)
        else:
            original, partner, reference = self._returned(shape, branch, moment, rng)
            references = (reference,)
            issuer, recipient = (own, partner) if kind is Kind.PURCHASE_RETURN else (partner, own)
        issued_at = moment.replace(tzinfo=issuer.place.zone)
        direction = "0" if kind is Kind.ENTRY else "1"
        if original:
            items = _returned_items(original.items[: 1 + int(rng.random() * 3)], issuer, recipient)
        else:
            items = _items(rng, shape, issuer, recipient, direction, issued_at)
        totals = _totals(items)
        series = self._series(shape, issuer)
        number = self._number(issuer, series, shape.environment)
        is_sale = kind in (Kind.PURCHASE, Kind.SALE)
        instalments = _instalments(rng, totals.amount, issued_at.date()) if is_sale else ()
        chance = rng.random()
        return Document(
            act=act,
            shape=shape,
            model="55",
            access_key=_key(issuer, "55", series, number, issued_at, rng.randrange(10**8)),
            series=series,
            number=number,
            issued_at=issued_at,
            branch=branch,
            other_branch=other_branch,
            issuer=issuer,
            recipient=recipient,
            direction=direction,
            purpose="4" if references else "1",
            nature=_NATURES[kind],
            items=items,
            totals=totals,
            instalments=instalments,
            payment=("15" if instalments else ("17", "01", "03")[int(chance * 3)]) if is_sale else "90",
            references=references,
            carrier=rng.choice(self._group.partners.carriers) if chance < 0.4 else None,
            authorised=self._group.partners.accountant.tax_id if chance > 0.9 and not shape.is_plain else "",
            order_number=str(100_000 + act % 900_000) if kind is Kind.PURCHASE and chance < 0.7 else "",
            note=_NOTES[int(chance * 10) % len(_NOTES)],
            freight=None,
            protocol=_protocol(issuer, issued_at, act, 0),
            received_at=_received_at(shape, issued_at, rng),
        )

    def _supplier(self, shape: Shape, moment: datetime, rng: Random) -> Party:
        partners = self._group.partners
        if shape.with_letters:
            return rng.choice(partners.suppliers_with_letters)
        if shape.with_stores:
            return rng.choice(partners.suppliers_with_stores)
        if shape.with_ipi:
            return rng.choice(partners.industries)
        if moment.date() < ALPHANUMERIC_SINCE:
            return rng.choice(partners.suppliers_with_digits)
        return rng.choice(partners.suppliers)

    def _customer(self, shape: Shape, moment: datetime, rng: Random) -> Party:
        partners = self._group.partners
        if shape.with_person or rng.random() < 0.15:
            return rng.choice(partners.persons)
        if moment.date() < ALPHANUMERIC_SINCE:
            return rng.choice(partners.customers_with_digits)
        return rng.choice(partners.customers)

    def _returned(
        self, shape: Shape, branch: Branch, moment: datetime, rng: Random
    ) -> tuple[Document | None, Party, str]:
        """Choose what is returned: a recent document of the branch, or one from before the world began."""
        is_purchase = shape.kind is Kind.PURCHASE_RETURN
        recent = (self._bought if is_purchase else self._sold)[branch.code]
        known = [
            document
            for document in recent
            if document.issued_at < (moment - timedelta(days=1)).replace(tzinfo=UTC)
            and not document.partner.is_person
        ]
        if known:
            original = rng.choice(known)
            return original, original.partner, original.access_key
        partners = self._group.partners
        partner = rng.choice(
            partners.suppliers_with_digits if is_purchase else partners.customers_with_digits
        )
        issuer = partner if is_purchase else branch.party
        before = (moment - timedelta(days=200)).replace(tzinfo=issuer.place.zone)
        return None, partner, _key(issuer, "55", "1", rng.randrange(1, 10_000), before, rng.randrange(10**8))

    # --- CT-e

    def _cte(self, shape: Shape, act: int, branch: Branch, moment: datetime, rng: Random) -> Document:
        own = branch.party
        carrier = rng.choice(self._group.partners.carriers)
        inbound = shape.taker == "4" or rng.random() < 0.6
        cargo = self._cargo(branch, moment, rng, inbound=inbound)
        other = cargo[0].partner if cargo else self._stranger(moment, rng, inbound=inbound)
        sender, recipient = (other, own) if inbound else (own, other)
        other_branch = None
        if shape.kind is Kind.CARRIED:
            # Someone else pays: the supplier who sends, or the customer who receives.
            taker, taker_role = (sender, "0") if inbound else (recipient, "3")
        elif shape.taker == "4":
            other_branch = rng.choice(self._siblings[branch.code])
            recipient, taker, taker_role = other_branch.party, own, "4"
            cargo = ()
        else:
            taker, taker_role = (recipient, "3") if inbound else (sender, "0")
        issued_at = moment.replace(tzinfo=carrier.place.zone)
        components = (
            ("FRETE PESO", 8_000 + int(rng.random() * 240_000)),
            ("GRIS", 500 + int(rng.random() * 4_000)),
            ("PEDAGIO", int(rng.random() * 6_000)),
        )
        amount = sum(value for _, value in components)
        interstate = sender.place.uf != recipient.place.uf
        icms = _freight_icms(rng, carrier, amount, sender.place.uf, recipient.place.uf)
        totals = Totals(
            amount, 0, 0, 0, 0, icms.base, icms.amount, 0, 0, 0, 0, 0, 0, 0, 0, amount
        )  # fmt: skip
        series, number = "1", self._number(carrier, "57-1", shape.environment)
        branches = self._siblings[branch.code]
        return Document(
            act=act,
            shape=shape,
            model="57",
            access_key=_key(carrier, "57", series, number, issued_at, rng.randrange(10**8)),
            series=series,
            number=number,
            issued_at=issued_at,
            branch=branch,
            other_branch=other_branch,
            issuer=carrier,
            recipient=recipient,
            direction="1",
            purpose="0",
            nature=_NATURES[shape.kind],
            items=(),
            totals=totals,
            instalments=(),
            payment="",
            references=tuple(document.access_key for document in cargo),
            carrier=None,
            authorised=rng.choice(branches).party.tax_id
            if rng.random() < 0.15 and not shape.is_plain
            else "",
            order_number="",
            note="",
            freight=Freight(
                sender=sender,
                taker=taker,
                taker_role=taker_role,
                cfop="6353" if interstate else "5353",
                cargo=sum(document.totals.amount for document in cargo) or amount * 12,
                components=components,
                icms=icms,
                ibs_cbs=_ibs_cbs(issued_at, carrier, amount - icms.amount, is_food=False),
            ),
            protocol=_protocol(carrier, issued_at, act, 0),
            received_at=_received_at(shape, issued_at, rng),
        )

    def _cargo(self, branch: Branch, moment: datetime, rng: Random, *, inbound: bool) -> tuple[Document, ...]:
        known = [
            document
            for document in (self._bought if inbound else self._sold)[branch.code]
            if document.issued_at <= moment.replace(tzinfo=UTC)
        ]
        if not known:
            return ()
        first = rng.choice(known)
        return (first, *(other for other in known if other is not first and other.partner is first.partner))

    def _stranger(self, moment: datetime, rng: Random, *, inbound: bool) -> Party:
        shape = Shape(Kind.PURCHASE)
        return self._supplier(shape, moment, rng) if inbound else self._customer(shape, moment, rng)

    # --- numbers

    def _series(self, shape: Shape, issuer: Party) -> str:
        if shape.environment != "1":
            return "900"
        return "1" if crc32(issuer.tax_id.encode()) % 4 else "2"

    def _number(self, issuer: Party, series: str, environment: str) -> int:
        counter = (issuer.tax_id, series, environment)
        number = self._numbers.get(counter) or 1_000 + crc32(issuer.tax_id.encode()) % 90_000
        self._numbers[counter] = number + 1
        return number


def _key(issuer: Party, model: str, series: str, number: int, issued_at: datetime, code: int) -> str:
    return access_key(
        uf_code=issuer.place.uf_code,
        year_month=f"{issued_at.year % 100:02d}{issued_at.month:02d}",
        issuer_id=issuer.tax_id,
        model=model,
        series=series,
        number=number,
        code=code,
    )


def _protocol(issuer: Party, at: datetime, act: int, number: int) -> str:
    return f"1{issuer.place.uf_code}{at.year % 100:02d}{act * 16 + number:010d}"


def _received_at(shape: Shape, issued_at: datetime, rng: Random) -> datetime:
    # 150 is an authorisation out of time: the note was issued in contingency and sent later.
    delay = timedelta(hours=30) if shape.status == "150" else timedelta(seconds=2 + int(rng.random() * 90))
    return issued_at + delay


def _instalments(rng: Random, amount: int, issued_on: date) -> tuple[Instalment, ...]:
    count = (0, 1, 1, 2, 3)[int(rng.random() * 5)]
    if not count or amount < count:
        return ()
    return tuple(
        Instalment(issued_on + timedelta(days=28 * (number + 1)), part)
        for number, part in enumerate(parts(amount, count))
    )


# --- items and taxes


def _items(
    rng: Random, shape: Shape, seller: Party, buyer: Party, direction: str, issued_at: datetime
) -> tuple[Item, ...]:
    draw = rng.random()
    count = 12 + int(draw * 2_000) % 20 if draw < 0.01 else 1 + int(9 * draw * draw)
    with_freight, with_discount = rng.random() < 0.2, rng.random() < 0.2
    items = []
    for number in range(1, count + 1):
        goods = CATALOGUE[int(rng.random() * len(CATALOGUE))]
        while shape.with_ipi and not goods.ipi_rate:
            goods = CATALOGUE[int(rng.random() * len(CATALOGUE))]
        is_weighed = goods.unit == "KG"
        quantity = (
            5_000 + int(rng.random() * 9_000_000) if is_weighed else 10_000 * (1 + int(rng.random() * 40))
        )
        price = int(goods.price * (90 + int(rng.random() * 20)))
        gross = (quantity * price + 500_000) // 1_000_000
        freight = share(gross, 300) if with_freight else 0
        discount = share(gross, 500) if with_discount else 0
        insurance = 150 if with_freight and draw > 0.8 else 0
        items.append(
            _item(rng, shape, number, goods, seller, buyer, direction, issued_at, quantity, price, gross,
                  discount, freight, insurance)
        )  # fmt: skip
    return tuple(items)


def _item(
    rng: Random, shape: Shape, number: int, goods: Goods, seller: Party, buyer: Party, direction: str,
    issued_at: datetime, quantity: int, price: int, gross: int, discount: int, freight: int, insurance: int,
) -> Item:  # fmt: skip
    is_normal = seller.regime == "3"
    ipi_cst, ipi_base, ipi_rate, ipi = "", 0, 0, 0
    if is_normal and seller.is_industry and shape.kind in (Kind.PURCHASE, Kind.SALE):
        ipi_cst = "50" if goods.ipi_rate else "53"
        if goods.ipi_rate:
            ipi_base, ipi_rate = gross + freight, goods.ipi_rate
            ipi = share(ipi_base, ipi_rate)
    icms = _icms(rng, shape.kind, goods, seller, buyer, gross - discount + freight + insurance, ipi)
    pis_base = pis = cofins = 0
    if not is_normal:
        pis_cst = "49"
    elif goods.is_food or shape.kind is Kind.ENTRY:
        pis_cst = "06"
    elif shape.kind is Kind.TRANSFER:
        pis_cst = "08"
    else:
        pis_cst, pis_base = "01", max(gross - discount - icms.amount, 0)
        pis, cofins = share(pis_base, 165), share(pis_base, 760)
    base = gross - discount + freight + insurance - icms.amount - pis - cofins
    return Item(
        number, goods, _cfop(shape.kind, goods, seller, buyer, direction), quantity, price, gross, discount,
        freight, insurance, 0, icms, ipi_cst, ipi_base, ipi_rate, ipi, 0, pis_cst, pis_base, pis, cofins,
        _ibs_cbs(issued_at, seller, base, is_food=goods.is_food),
    )  # fmt: skip


def _cfop(kind: Kind, goods: Goods, seller: Party, buyer: Party, direction: str) -> str:
    interstate = seller.place.uf != buyer.place.uf
    first = ("2" if interstate else "1") if direction == "0" else ("6" if interstate else "5")
    tail = _CFOP.get(kind)
    if tail is None:
        if goods.is_st:
            tail = "401" if seller.is_industry else ("404" if interstate else "405")
        else:
            tail = "101" if seller.is_industry else "102"
    return first + tail


def _icms(rng: Random, kind: Kind, goods: Goods, seller: Party, buyer: Party, base: int, ipi: int) -> Icms:
    """Draw the ICMS of a line. The groups stand for the usual cases; the rates are those of the UFs."""
    chance = rng.random()
    if seller.regime == "1":
        if goods.is_st:
            return Icms("SN500")
        return Icms("SN101", rate=256, amount=0, base=base) if chance < 0.5 else Icms("SN102")
    origin, destination = seller.place.uf, buyer.place.uf
    rate = _icms_rate(origin, destination)
    if kind is Kind.ENTRY:
        return Icms("51")
    if destination == "AM" and origin != "AM" and chance < 0.6:
        # Manaus free zone: the ICMS is forgone and taken off the price (motDesICMS 7, indDeduzDeson 1).
        return Icms("40", relief=share(base, rate))
    if goods.is_st and kind is not Kind.TRANSFER:
        if not seller.is_industry:
            return Icms("60")
        amount = share(base, rate)
        internal = _INTERNAL_RATES[destination]
        st_base = share(base + ipi, 14_000)
        st_amount = max(share(st_base, internal) - amount, 0)
        fcp = share(st_base, 200) if destination == "RJ" else 0
        return Icms(
            "10", base, rate, amount, st_base=st_base, st_rate=internal, st_amount=st_amount, fcp_st=fcp
        )
    if goods.is_food and chance < 0.4:
        reduced = share(base, 6_112)
        return Icms("20", reduced, rate, share(reduced, rate), reduction=3_888)
    if chance < 0.06:
        return Icms("40")
    if chance < 0.09:
        return Icms("41")
    if chance < 0.11:
        return Icms("90", base, rate, share(base, rate))
    return Icms("00", base, rate, share(base, rate))


def _icms_rate(origin: str, destination: str) -> int:
    if origin == destination:
        return _INTERNAL_RATES[origin]
    return 700 if origin in _SOUTH_AND_SOUTHEAST and destination not in _SOUTH_AND_SOUTHEAST else 1_200


def _freight_icms(rng: Random, carrier: Party, amount: int, origin: str, destination: str) -> Icms:
    if carrier.regime == "1":
        return Icms("SN")
    chance = rng.random()
    if chance < 0.08:
        return Icms("45")
    rate = _icms_rate(origin, destination)
    if chance < 0.16:
        base = share(amount, 8_000)
        return Icms("20", base, rate, share(base, rate), reduction=2_000)
    return Icms("00", amount, rate, share(amount, rate))


def _ibs_cbs(issued_at: datetime, seller: Party, base: int, *, is_food: bool) -> IbsCbs | None:
    """Compute the test rates of 2026 (IBS 0.1 %, CBS 0.9 %), due from whoever is in the normal regime."""
    if issued_at.year < 2026 or seller.regime != "3":
        return None
    base = max(base, 0)
    if is_food:
        return IbsCbs("200", "200034", 6_000, base, share(base, 4), share(base, 36))
    return IbsCbs("000", "000001", 0, base, share(base, 10), share(base, 90))


def _returned_items(items: Sequence[Item], issuer: Party, recipient: Party) -> tuple[Item, ...]:
    """Repeat the lines of the original with the CFOP of a return; IPI comes back as vIPIDevol, not as IPI."""
    cfop = ("6" if issuer.place.uf != recipient.place.uf else "5") + "202"
    return tuple(
        item._replace(
            number=number, cfop=cfop, ipi_cst="", ipi_base=0, ipi_rate=0, ipi=0, ipi_returned=item.ipi,
        )
        for number, item in enumerate(items, start=1)
    )  # fmt: skip


def _totals(items: Sequence[Item]) -> Totals:
    goods = discount = freight = insurance = other = base = icms = relief = 0
    st_base = st = fcp_st = ipi = ipi_returned = pis = cofins = amount = 0
    for item in items:
        tax = item.icms
        goods += item.gross
        discount += item.discount
        freight += item.freight
        insurance += item.insurance
        other += item.other
        relief += tax.relief
        st_base += tax.st_base
        st += tax.st_amount
        fcp_st += tax.fcp_st
        ipi += item.ipi
        ipi_returned += item.ipi_returned
        pis += item.pis
        cofins += item.cofins
        amount += item.total
        if tax.amount:
            base += tax.base
            icms += tax.amount
    return Totals(
        goods, discount, freight, insurance, other, base, icms, relief, st_base, st, fcp_st, ipi,
        ipi_returned, pis, cofins, amount,
    )  # fmt: skip
