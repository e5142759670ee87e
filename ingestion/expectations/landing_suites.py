"""Reading the landing suites: which expectation holds for which raw table.

Two kinds of file stand in `suites/`: `_declared_columns.yml` holds what every declared table owes by the part
that its extraction contract gives a column (key, business date, amount); `<system>.yml` names tables and
columns of one system. No expectation is evaluated here, and none is written in Python.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ingestion.contracts import Contracts, TableContract
from ingestion.errors import ContractError

_SUITES_DIR = Path(__file__).parent / "suites"
_SEVERITIES = frozenset({"critical", "warning", "info"})


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation on one column. `expect` is the class of Great Expectations, `arguments` what it takes.

    The argument `{as_of_plus_one_year}` stands for the day a year after the run's clock.
    """

    check_name: str
    column: str
    expect: str
    arguments: Mapping[str, Any]
    severity: str
    description: str


@dataclass(frozen=True, slots=True)
class LandingSuite:
    """What the rows of one raw table must satisfy; `identify` are the columns that name a failing row."""

    system: str
    table: str
    identify: tuple[str, ...]
    expectations: tuple[Expectation, ...] = field(default=())

    @property
    def schema(self) -> str:
        return f"raw_{self.system}"


def read_suites(contracts: Contracts, *, suites_dir: Path = _SUITES_DIR) -> tuple[LandingSuite, ...]:
    """The suite of every raw table that has one. ContractError names a suite file that cannot be read."""
    declared = _load(suites_dir / "_declared_columns.yml")
    suites = [_declared_suite(contract, declared) for contract in contracts.tables]
    known = {(table.system, table.name) for table in contracts.document_tables}
    for path in sorted(suites_dir.glob("[!_]*.yml")):
        # a project without the system has nothing that its suites could be about
        if any(system == path.stem for system, _ in known):
            suites += _written_suites(path, known=known)
    return tuple(suite for suite in suites if suite.expectations)


def _declared_suite(contract: TableContract, declared: Mapping[str, Any]) -> LandingSuite:
    columns_of: Mapping[str, Sequence[str | None]] = {
        "key": contract.key,
        "business_date": (contract.business_date,),
        "amount": (None if contract.amount_is_signed else contract.amount,),
    }
    expectations = tuple(
        _expectation(
            entry, column=column, prefix=f"landing__{contract.system}__{contract.name}", suffix=column
        )
        for role, entries in declared.items()
        for column in columns_of[role]
        if column is not None
        for entry in entries
    )
    return LandingSuite(contract.system, contract.name, identify=("_key",), expectations=expectations)


def _written_suites(path: Path, *, known: set[tuple[str, str]]) -> Iterator[LandingSuite]:
    system = path.stem
    for table, entry in _load(path).items():
        if table.startswith("x-"):
            continue
        if (system, table) not in known:
            raise ContractError(f"{path}: there is no raw table {table} of {system}")
        yield LandingSuite(
            system,
            table,
            identify=tuple(entry["identify"]),
            expectations=tuple(
                _expectation(expectation, column=expectation["column"], prefix=f"landing__{system}__{table}")
                for expectation in _flattened(entry["expectations"])
            ),
        )


def _expectation(
    entry: Mapping[str, Any], *, column: str, prefix: str, suffix: str | None = None
) -> Expectation:
    if entry["severity"] not in _SEVERITIES:
        raise ContractError(f"{prefix}__{entry['name']}: unknown severity {entry['severity']!r}")
    parts = [prefix, entry["name"], *([suffix.lower()] if suffix else [])]
    return Expectation(
        check_name="__".join(parts),
        column=column,
        expect=entry["expect"],
        arguments=entry.get("arguments", {}),
        severity=entry["severity"],
        description=entry["description"],
    )


def _flattened(entries: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """A YAML alias inside a list stands for a list of its own."""
    for entry in entries:
        if isinstance(entry, list):
            yield from entry
        else:
            yield entry


def _load(path: Path) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: {error}") from error
    return loaded
