"""confere.yml as typed settings, and where things lie in a workspace.

Holds reading and checking of the settings only: nothing here opens a source, the store or the network, and a
secret is resolved by whoever connects.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from ingestion.check_digits import is_cnpj
from ingestion.contracts import SourceSystem, source_systems
from ingestion.errors import ConfigurationError
from ingestion.fiscal.optional_checks import CHECKS
from ingestion.marked_yaml import MarkedMapping, Place, read_marked

SETTINGS_FILE: Final = "confere.yml"

DEADLINES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "posting_days": 5,
        "return_hours": 24,
        "conciliation_days": 3,
        "leg_hours": 24,
        "manual_cancel_days": 5,
        "queue_hours": 4,
        "rejection_days": 5,
        "transit_days": 5,
        "temporary_setting_days": 1,
    }
)
"""Default deadlines; `_days` counts business days."""

TOLERANCES: Final[Mapping[str, Decimal]] = MappingProxyType(
    {"document": Decimal("0.00"), "tax_per_item": Decimal("0.01"), "title": Decimal("0.01")}
)
"""Default tolerances in reais: a difference above is a mismatch, one at or below and not zero is rounding."""

PRODUCTS: Final = ("antecipa", "mais_negocios")
PAYMENTS: Final = ("antecipacao", "contravencimento")
ROLLS: Final = ("next_business_day", "previous_business_day")
RULES: Final = ("R1", "R2", "R3", "R4")
ACCOUNT_ROLES: Final = ("banco", "duplicatas_a_receber", "duplicatas_descontadas", "transitoria")
UFS: Final = (
    *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA"),
    *("PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"),
)

_SOURCE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PASSWORD: Final = re.compile(r"://[^/@]*:[^/@]+@|[?&;:]\s*(?:password|pwd)=[^&;\s]", re.IGNORECASE)
_LOCAL: Final = ZoneInfo("America/Sao_Paulo")
_FOLDERS: Final = (
    "inbox/xml",
    "inbox/supplier",
    "inbox/bank",
    "inbox/suite",
    "exports",
    "warehouse",
    "archive/xml",
    "published",
    "state",
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A setting that may hold `${NAME}`: resolved from the environment at use, and never shown."""

    template: str = field(repr=False)
    environ: Mapping[str, str] = field(repr=False, compare=False)
    place: Place

    def reveal(self) -> str:
        """The value with every `${NAME}` replaced; ConfigurationError names a variable that is not set."""

        def value(match: re.Match[str]) -> str:
            if match[1] not in self.environ:
                raise self.place.error(f"the environment variable {match[1]} is not set")
            return self.environ[match[1]]

        return _VARIABLE.sub(value, self.template)

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch (filial): CNPJ, state, and its code: `code` in every source, or `codes` by source."""

    cnpj: str
    uf: str
    code: str | None
    codes: Mapping[str, str]

    def code_in(self, source: str) -> str | None:
        """The branch's code in one source, None where it has none."""
        return self.codes.get(source, self.code)


@dataclass(frozen=True, slots=True)
class Company:
    """A company and its branches; `sync_activated_on` is None without Sincronização ERP."""

    name: str
    branches: tuple[Branch, ...]
    sync_activated_on: date | None


@dataclass(frozen=True, slots=True)
class Source:
    """A source: either `url` (a database) or `folder` (an absolute path) is set.

    `company` is the company's code in the ERP, `allow_empty` the tables (as written, any case) that may come
    empty or not at all, `inflow` the mark of money coming in where a system leaves it open.
    """

    name: str
    system: str
    company: str | None
    url: Secret | None
    folder: Path | None
    allow_empty: frozenset[str]
    inflow: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class SupplierContract:
    """A contract with the Supplier, per company (or one branch of it) and product."""

    company: str
    branch: str | None
    product: str
    payment: str
    starts_on: date | None
    every_days: int | None
    roll: str | None
    ticket_business_days: int | None
    fee_percent: Decimal | None
    place: Place


@dataclass(frozen=True, slots=True)
class BankAccount:
    """The bank account that a control account stands for, as the ERP codes it."""

    code: str
    agency: str
    account: str


@dataclass(frozen=True, slots=True)
class ControlAccount:
    """A ledger account and the role it plays in a balance rule."""

    rule: str
    role: str
    account: str
    bank: BankAccount | None
    company: str | None
    source: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Workspace:
    """The settings of a workspace, checked.

    `as_of` is UTC; a deadline is in the unit that its name ends in, a tolerance in reais. `checks` are the
    optional ones that are switched on, with the place where that is said.
    """

    root: Path
    as_of: datetime | None
    companies: tuple[Company, ...]
    sources: tuple[Source, ...]
    contracts: tuple[SupplierContract, ...]
    accounts: tuple[ControlAccount, ...]
    deadlines: Mapping[str, int]
    tolerances: Mapping[str, Decimal]
    checks: Mapping[str, Place]

    @property
    def settings_path(self) -> Path:
        """The settings file."""
        return self.root / SETTINGS_FILE

    @property
    def inbox_dir(self) -> Path:
        """What people and systems drop; never changed by the pipeline."""
        return self.root / "inbox"

    @property
    def exports_dir(self) -> Path:
        """Tables of ERPs as files."""
        return self.root / "exports"

    @property
    def warehouse_path(self) -> Path:
        """The working store: one writer, no readers."""
        return self.root / "warehouse" / "confere.duckdb"

    @property
    def archive_dir(self) -> Path:
        """Every XML, byte for byte."""
        return self.root / "archive" / "xml"

    @property
    def published_path(self) -> Path:
        """What readers open."""
        return self.root / "published" / "marts.duckdb"

    @property
    def state_path(self) -> Path:
        """What people add: sign-offs, comments, waivers, column views."""
        return self.root / "state" / "confere.sqlite"

    @property
    def lock_path(self) -> Path:
        """Held by the one run that writes."""
        return self.root / "state" / "run.lock"

    def branch_codes(self) -> Iterator[tuple[str, str, str]]:
        """Source, code and CNPJ of every branch in every source where it has a code.

        The one code of a branch for every source does not count where another branch claims it by name.
        """
        branches = [branch for company in self.companies for branch in company.branches]
        for source in self.sources:
            claimed = {branch.codes.get(source.name) for branch in branches}
            for branch in branches:
                code = branch.code_in(source.name)
                if code is not None and (source.name in branch.codes or code not in claimed):
                    yield source.name, code, branch.cnpj

    def source(self, name: str) -> Source:
        """One source by name; KeyError when there is none."""
        for source in self.sources:
            if source.name == name:
                return source
        raise KeyError(name)


def read_workspace(root: Path, *, environ: Mapping[str, str]) -> Workspace:
    """Read `root`/confere.yml. ConfigurationError names file, line and key of the first thing wrong."""
    root = root.resolve()
    if not (root / SETTINGS_FILE).exists():
        raise ConfigurationError(
            "there is no workspace here; `confere init DIR` or `confere sample DIR` makes one",
            file=root / SETTINGS_FILE,
        )
    settings = read_marked(root / SETTINGS_FILE)
    names = _Names(source_systems())
    # companies and sources name each other: sources first, the rest may refer to both
    sources = settings.each("sources", lambda node: _source(node, root, names, environ), required=True)
    companies = settings.each("companies", lambda node: _company(node, names), required=True)
    workspace = Workspace(
        root=root,
        as_of=settings.text("as_of", parse_as_of),
        companies=tuple(companies),
        sources=tuple(sources),
        contracts=tuple(settings.each("contracts", lambda node: _contract(node, names))),
        accounts=tuple(settings.each("accounts", lambda node: _account(node, names))),
        deadlines=settings.overlay("deadlines", DEADLINES, _count),
        tolerances=settings.overlay("tolerances", TOLERANCES, _hundredths),
        checks=settings.nested("checks", _checks) or MappingProxyType({}),
    )
    settings.finish()
    return workspace


def init_workspace(root: Path) -> Path:
    """Make an empty workspace, a commented confere.yml and the folders; returns the path of the settings.

    Raises ConfigurationError when there is one already: nothing is overwritten.
    """
    path = root.resolve() / SETTINGS_FILE
    if path.exists():
        raise ConfigurationError("there is a workspace here already; nothing was changed", file=path)
    for folder in _FOLDERS:
        (path.parent / folder).mkdir(parents=True, exist_ok=True)
    template = files("ingestion").joinpath("empty_workspace.yml").read_text(encoding="utf-8")
    path.write_text(template, encoding="utf-8")
    return path


def parse_as_of(text: str) -> datetime:
    """An instant with offset, or a date (its last second in America/Sao_Paulo), as UTC; else ValueError."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return datetime.combine(_day(text), time(23, 59, 59), _LOCAL).astimezone(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError(f"{text!r} is neither a date nor an instant with offset (2026-11-30T23:59:59Z)")
    return instant.astimezone(UTC)


class _Names:
    """The names that the file has given so far: each once, and none referred to before it is known."""

    def __init__(self, systems: Mapping[str, SourceSystem]) -> None:
        self.systems = systems
        self._given: dict[str, dict[str, Place]] = {}

    def give(self, kind: str, name: str, place: Place) -> None:
        """Take a name; ConfigurationError when it was taken before."""
        given = self._given.setdefault(kind, {})
        if name in given:
            raise place.error(f"the {kind} {name} stands in line {given[name].line} already")
        given[name] = place

    def given(self, kind: str) -> Sequence[str]:
        return tuple(self._given.get(kind, ()))

    def known(self, kind: str, name: str) -> str:
        """The name itself; ValueError when nothing of that kind has it."""
        return _one_of(name, self.given(kind), kind)


def _source(node: MarkedMapping, root: Path, names: _Names, environ: Mapping[str, str]) -> Source:
    name = node.required("name", _source_name)
    place = node.place("name")
    names.give("source", name, place)
    system = names.systems[node.required("system", lambda text: _one_of(text, names.systems, "system"))]
    if system.kind == "erp":
        names.give("ERP source", name, place)
    names.give(f"source of {system.name}", name, place)
    source = Source(
        name=name,
        system=system.name,
        company=node.text("company", str),
        url=_url(node, system, environ),
        folder=node.text("folder", lambda text: (root / text).resolve()),
        allow_empty=frozenset(node.texts("allow_empty")),
        inflow=node.text("inflow", lambda text: _one_of(text, ("C", "D"), "mark")),
        place=place,
    )
    if (source.url is None) == (source.folder is None):
        needs = "either url or folder" if system.kind == "erp" else "folder"
        raise place.error(f"source {name} needs {needs}")
    node.finish()
    return source


def _url(node: MarkedMapping, system: SourceSystem, environ: Mapping[str, str]) -> Secret | None:
    text = node.text("url", str)
    if text is None:
        return None
    place = node.place("url")
    if system.kind != "erp":
        raise place.error(f"{system.name} is read from a folder, not from a database")
    if _PASSWORD.search(_VARIABLE.sub("", text)):
        raise place.error("holds a password; take it from the environment with ${NAME}")
    return Secret(text, environ, place)


def _company(node: MarkedMapping, names: _Names) -> Company:
    name = node.required("name", str)
    names.give("company", name, node.place("name"))
    company = Company(
        name=name,
        branches=tuple(node.each("branches", lambda branch: _branch(branch, names, name), required=True)),
        sync_activated_on=node.text("sync_activated_on", _day),
    )
    if not company.branches:
        raise node.place("branches").error("a company needs at least one branch")
    node.finish()
    return company


def _branch(node: MarkedMapping, names: _Names, company: str) -> Branch:
    cnpj = node.required("cnpj", _cnpj)
    names.give("branch", cnpj, node.place("cnpj"))
    names.give(f"branch of {company}", cnpj, node.place("cnpj"))
    branch = Branch(
        cnpj=cnpj,
        uf=node.required("uf", lambda text: _one_of(text, UFS, "state")),
        code=node.text("code", str.rstrip),
        codes=node.nested("codes", lambda codes: _codes(codes, names)) or MappingProxyType({}),
    )
    place = node.place("codes" if branch.codes else "code")
    if branch.code is not None and branch.codes:
        raise place.error("give code or codes, not both")
    for source in names.given("ERP source"):
        code = branch.code_in(source)
        if code is not None:
            # two companies may number their branches alike: the ERP's own table of branches tells them apart
            names.give(f"branch code of {company} in {source}", code, place)
    node.finish()
    return branch


def _codes(node: MarkedMapping, names: _Names) -> Mapping[str, str]:
    """By source: a name is a source, else a system and stands for each of its sources that is not named."""
    codes = {}
    for name in node:
        code = node.required(name, str.rstrip)
        sources = names.given(f"source of {name}")
        if name in names.given("source"):
            codes[name] = code
        elif sources:
            codes |= {source: code for source in sources if source not in node}
        else:
            raise node.place(name).error(f"no source has the name {name}")
    return MappingProxyType(codes)


def _contract(node: MarkedMapping, names: _Names) -> SupplierContract:
    company = node.required("company", lambda text: names.known("company", text))
    contract = SupplierContract(
        company=company,
        branch=node.text("branch", lambda text: names.known(f"branch of {company}", text)),
        product=node.required("product", lambda text: _one_of(text, PRODUCTS, "product")),
        payment=node.required("payment", lambda text: _one_of(text, PAYMENTS, "payment")),
        starts_on=node.text("starts_on", _day),
        every_days=node.number("every_days", _positive),
        roll=node.text("roll", lambda text: _one_of(text, ROLLS, "roll")),
        ticket_business_days=node.number("ticket_business_days", _count),
        fee_percent=node.number("fee_percent", _hundredths),
        place=node.place("company"),
    )
    if contract.payment == "antecipacao" and (contract.starts_on is None or contract.every_days is None):
        raise node.place("payment").error("antecipacao needs starts_on and every_days")
    node.finish()
    return contract


def _account(node: MarkedMapping, names: _Names) -> ControlAccount:
    account = ControlAccount(
        rule=node.required("rule", lambda text: _one_of(text, RULES, "rule")),
        role=node.required("role", lambda text: _one_of(text, ACCOUNT_ROLES, "role")),
        account=node.required("account", str),
        bank=node.nested("bank", _bank),
        company=node.text("company", lambda text: names.known("company", text)),
        source=node.text("source", lambda text: names.known("source", text)),
        place=node.place("account"),
    )
    node.finish()
    return account


def _bank(node: MarkedMapping) -> BankAccount:
    bank = BankAccount(
        code=node.required("code", str),
        agency=node.required("agency", str),
        account=node.required("account", str),
    )
    node.finish()
    return bank


def _checks(node: MarkedMapping) -> Mapping[str, Place]:
    wanted = {name: node.place(name) for name in CHECKS if node.flag(name)}
    node.finish()
    return MappingProxyType(wanted)


def _one_of(text: str, allowed: Iterable[str], kind: str) -> str:
    known = sorted(allowed)
    if text not in known:
        raise ValueError(f"unknown {kind} {text!r}; known are {', '.join(known) or 'none'}")
    return text


def _source_name(text: str) -> str:
    if not _SOURCE_NAME.fullmatch(text):
        raise ValueError("a source's name is part of every key: letters, digits, '_', '-' and '.' only")
    return text


def _cnpj(text: str) -> str:
    if not is_cnpj(text):
        raise ValueError(f"{text!r} is no CNPJ: 14 characters, no punctuation, right check digits")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date such as 2026-01-05") from None


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text):
        raise ValueError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _positive(text: str) -> int:
    number = _count(text)
    if number == 0:
        raise ValueError("must be at least 1")
    return number


def _hundredths(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount != round(amount, 2):
        raise ValueError(f"{text!r} is not a number from 0.00 on with at most two decimals")
    return amount
