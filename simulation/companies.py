"""Who exists in the simulated world: the group, its branches and the partners it trades with.

All of them are invented; CNPJ roots and CPFs count up from round numbers at the end of their ranges. What
they do with each other stands in documents.py and stories.py; how an ERP numbers them is the ``code`` and
``store`` given here.
"""

from dataclasses import dataclass
from datetime import date, timedelta, timezone
from itertools import count
from random import Random
from typing import NamedTuple

from simulation.clock import offset
from simulation.identifiers import cnpj, cpf

ALPHANUMERIC_SINCE = date(2026, 7, 6)
"""From this day on CNPJ with letters may appear in documents (NT Conjunta DFe 2025.001)."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A municipality and its UF, with the UF's IBGE code and offset from UTC in hours."""

    uf: str
    uf_code: str
    city_code: str
    city: str
    zone: timezone
    postal_code: str


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """A legal entity (CNPJ) or a person (CPF), with the code and store under which the ERP registers it.

    ``regime`` is CRT (1 Simples Nacional, 3 normal); a person has none. Customers and suppliers are numbered
    apart, as in SA1 and SA2, so the same code means two different parties.
    """

    tax_id: str
    name: str
    state_registration: str
    place: Place
    street: str
    street_number: str
    district: str
    regime: str
    is_industry: bool
    code: str
    store: str = "01"

    @property
    def is_person(self) -> bool:
        """Tell whether the tax id is a CPF."""
        return len(self.tax_id) == 11

    @property
    def is_alphanumeric(self) -> bool:
        """Tell whether the CNPJ holds letters."""
        return not self.tax_id.isdecimal()


@dataclass(frozen=True, slots=True, eq=False)
class BankAccount:
    """A branch's account at a bank, with its account in the ledger."""

    bank: str
    bank_name: str
    agency: str
    number: str
    ledger_account: str


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A branch of the group: its place in it, its party, its company and the account that it is paid into.

    ``code`` is the group's own: two digits of the company, two of the branch within it. What an ERP calls the
    branch stands in erp/keeping.py.
    """

    code: str
    party: Party
    company: str
    activated_on: date
    account: BankAccount


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the group, its branches and the day from which its postings count (sync_activated_on)."""

    name: str
    activated_on: date
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Partners:
    """The registers of everybody outside the group.

    ``*_with_digits`` are those whose CNPJ has no letters, ``suppliers_with_stores`` those of
    ``second_stores``, ``industries`` the suppliers who charge IPI.
    """

    suppliers: tuple[Party, ...]
    suppliers_with_digits: tuple[Party, ...]
    suppliers_with_letters: tuple[Party, ...]
    suppliers_with_stores: tuple[Party, ...]
    industries: tuple[Party, ...]
    second_stores: tuple[Party, ...]
    service_suppliers: tuple[Party, ...]
    producers: tuple[Party, ...]
    carriers: tuple[Party, ...]
    customers: tuple[Party, ...]
    customers_with_digits: tuple[Party, ...]
    persons: tuple[Party, ...]
    accountant: Party


@dataclass(frozen=True, slots=True)
class Group:
    """The simulated group and its partners."""

    companies: tuple[Company, ...]
    partners: Partners

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Return the branches of all companies."""
        return tuple(branch for company in self.companies for branch in company.branches)


_PLACES = {
    place.uf: place
    for place in (
        Place("SP", "35", "3550308", "São Paulo", offset(-3), "01310100"),
        Place("PR", "41", "4106902", "Curitiba", offset(-3), "80010000"),
        Place("AM", "13", "1302603", "Manaus", offset(-4), "69005010"),
        Place("SC", "42", "4209102", "Joinville", offset(-3), "89201000"),
        Place("MT", "51", "5103403", "Cuiabá", offset(-4), "78005000"),
        Place("MG", "31", "3106200", "Belo Horizonte", offset(-3), "30110000"),
        Place("RJ", "33", "3304557", "Rio de Janeiro", offset(-3), "20010000"),
        Place("RS", "43", "4314902", "Porto Alegre", offset(-3), "90010000"),
        Place("BA", "29", "2927408", "Salvador", offset(-3), "40010000"),
        Place("GO", "52", "5208707", "Goiânia", offset(-3), "74003010"),
        Place("PE", "26", "2611606", "Recife", offset(-3), "50010000"),
        Place("AC", "12", "1200401", "Rio Branco", offset(-5), "69900000"),
    )
}
_PARTNER_PLACES = (
    "SP", "SP", "SP", "SP", "PR", "PR", "SC", "MG", "MG", "RJ", "RS", "BA", "GO", "PE", "AM", "MT", "AC",
)  # fmt: skip


class _CompanyPlan(NamedTuple):
    name: str
    legal_form: str
    root: str
    code: str
    ufs: tuple[str, ...]
    activated_after: timedelta


_COMPANIES = (
    _CompanyPlan("Comercial Aurora", "Ltda", "99100100", "G00001", ("SP", "PR", "AM"), timedelta(days=-30)),
    _CompanyPlan("Boreal Alimentos", "S.A.", "99200200", "G00002", ("SC", "MT"), timedelta(days=9)),
)
_TRADES = (
    "Indústria", "Metalúrgica", "Distribuidora", "Comércio", "Irmãos & Filhos", "Cooperativa", "Atacado",
    "Química",
)  # fmt: skip
_HEADS = (
    "Serra", "Vale", "Campo", "Porto", "Monte", "Lagoa", "Bosque", "Ponte", "Rio", "Pedra", "Ilha",
    "Praia", "Morro",
)  # fmt: skip
_TAILS = (
    "Azul", "Verde", "Branca", "do Sol", "da Aurora", "do Ipê", "São João", "Nova", "Real", "do Cedro",
    "Mansa",
)  # fmt: skip
_FIRST_NAMES = (
    "Açucena", "Benedito", "Cássia", "Dario", "Élida", "Fausto", "Glória", "Heitor", "Íris", "Jacinto",
    "Lúcia",
)  # fmt: skip
_LAST_NAMES = (
    "Prado", "Siqueira", "Falcão", "Moura", "Brandão", "Conceição", "Teles", "Varela", "Xavier", "Zanon",
)  # fmt: skip
_STREETS = (
    "Rua das Palmeiras", "Avenida Central", "Rua do Comércio", "Rodovia Municipal 12", "Travessa São José",
)  # fmt: skip
_BANKS = (("341", "Banco do Ipê"), ("001", "Banco da Serra"), ("237", "Banco Cedro"))
_DISTRICTS = ("Centro", "Distrito Industrial", "Jardim América", "Vila Nova", "Água Verde")


def build_group(*, first_day: date, documents: int, rng: Random) -> Group:
    """Invent the group; the number of partners grows slowly with the number of documents.

    The first company was activated before the first day, the second some days after it, so that it has
    documents and postings from before its activation.
    """
    companies = tuple(
        _company(plan, number, first_day + plan.activated_after)
        for number, plan in enumerate(_COMPANIES, start=1)
    )
    return Group(companies, _partners(documents, rng))


def _company(plan: _CompanyPlan, number: int, activated_on: date) -> Company:
    branches = []
    for order, uf in enumerate(plan.ufs, start=1):
        party = Party(
            tax_id=cnpj(plan.root, order),
            name=f"{plan.name} {plan.legal_form}",
            state_registration=f"{number}{order}0{_PLACES[uf].uf_code}55001",
            place=_PLACES[uf],
            street=_STREETS[order % len(_STREETS)],
            street_number=str(100 * order),
            district=_DISTRICTS[order % len(_DISTRICTS)],
            regime="3",
            is_industry=number == 2,
            code=plan.code,
            store=f"{order:02d}",
        )
        account = _account(number * 10 + order)
        branches.append(Branch(f"{number:02d}{order:02d}", party, plan.name, activated_on, account))
    return Company(plan.name, activated_on, tuple(branches))


def _account(serial: int) -> BankAccount:
    bank, name = _BANKS[serial % len(_BANKS)]
    return BankAccount(bank, name, f"{1_200 + serial}", f"{56_700 + serial}", f"11010100{serial:02d}")


def _partners(documents: int, rng: Random) -> Partners:
    supplier_count = min(max(documents // 25, 18), 2_000)
    customer_count = min(max(documents // 20, 18), 5_000)
    carrier_count = min(max(documents // 150, 5), 120)
    suppliers, second_stores = [], []
    for index in range(supplier_count):
        # One in nine has a CNPJ with letters, one in six a second store, one in five is in Simples Nacional,
        # every other one is an industry.
        root = f"98{_letters(index)}{index:04d}" if index % 9 == 4 else f"993{index:05d}"
        regime, is_industry = "1" if index % 5 == 3 else "3", index % 2 == 0
        supplier = _firm(rng, root, f"{index + 1:06d}", regime=regime, is_industry=is_industry)
        suppliers.append(supplier)
        if index % 6 == 1:
            second_stores.append(_firm(rng, root, supplier.code, order=2, name=supplier.name))
    customers = []
    for index in range(customer_count):
        root = f"99{_letters(index)}{index:04d}" if index % 11 == 5 else f"996{index:05d}"
        customers.append(_firm(rng, root, f"{index + 1:06d}"))
    supplier_codes, customer_codes = count(supplier_count + 1), count(customer_count + 1)
    stored = {store.code for store in second_stores}
    with_digits = tuple(party for party in suppliers if not party.is_alphanumeric)
    return Partners(
        suppliers=tuple(suppliers),
        suppliers_with_digits=with_digits,
        suppliers_with_letters=tuple(party for party in suppliers if party.is_alphanumeric),
        suppliers_with_stores=tuple(party for party in with_digits if party.code in stored),
        industries=tuple(party for party in with_digits if party.is_industry and party.regime == "3"),
        second_stores=tuple(second_stores),
        service_suppliers=tuple(_firm(rng, f"994{n:05d}", f"{next(supplier_codes):06d}") for n in range(4)),
        producers=tuple(_person(rng, 999_000_000 + n, f"{next(supplier_codes):06d}") for n in range(6)),
        carriers=tuple(
            _firm(
                rng,
                f"995{n:05d}",
                f"{next(supplier_codes):06d}",
                name=f"Transportes {rng.choice(_HEADS)} {rng.choice(_TAILS)} Ltda",
                regime="1" if n % 5 == 4 else "3",
            )
            for n in range(carrier_count)
        ),
        customers=tuple(customers),
        customers_with_digits=tuple(party for party in customers if not party.is_alphanumeric),
        persons=tuple(
            _person(rng, 999_100_000 + n, f"{next(customer_codes):06d}", is_rural=False)
            for n in range(max(customer_count // 6, 4))
        ),
        accountant=_firm(rng, "99800001", "", name="Contabilidade Praia Mansa Ltda"),
    )


def _letters(index: int) -> str:
    alphabet = "ABCDEFGHJKLMNPRSTUVWXYZ"
    return alphabet[index % len(alphabet)] + alphabet[index // 7 % len(alphabet)]


def _firm(
    rng: Random,
    root: str,
    code: str,
    *,
    order: int = 1,
    name: str = "",
    regime: str = "3",
    is_industry: bool = False,
) -> Party:
    place = _PLACES[rng.choice(_PARTNER_PLACES)]
    return Party(
        tax_id=cnpj(root, order),
        name=name or f"{rng.choice(_TRADES)} {rng.choice(_HEADS)} {rng.choice(_TAILS)} Ltda",
        state_registration=f"{rng.randrange(10**8, 10**9)}{order:03d}",
        place=place,
        street=rng.choice(_STREETS),
        street_number=str(rng.randrange(1, 3_000)),
        district=rng.choice(_DISTRICTS),
        regime=regime,
        is_industry=is_industry,
        code=code,
        store=f"{order:02d}",
    )


def _person(rng: Random, base: int, code: str, *, is_rural: bool = True) -> Party:
    return Party(
        tax_id=cpf(base),
        name=f"{rng.choice(_FIRST_NAMES)} {rng.choice(_LAST_NAMES)}",
        state_registration=str(rng.randrange(10**8, 10**9)) if is_rural else "",
        place=_PLACES[rng.choice(_PARTNER_PLACES)],
        street=rng.choice(_STREETS),
        street_number=str(rng.randrange(1, 3_000)),
        district=rng.choice(_DISTRICTS),
        regime="",
        is_industry=False,
        code=code,
    )
