"""What the contract and the catalogues of Protheus say, checked against facts worked out here.

Holds only checks on the YAML and CSV files. How models read them is tested beside the models.
"""

import csv
from pathlib import Path

import pytest

from ingestion.contracts import Contracts, read_contracts

SEEDS = Path(__file__).parents[2] / "dbt" / "seeds"

# what the bank statement leaves out whatever else a movement says, and what it takes whatever its money
LEFT_OUT = {"DC", "JR", "MT", "CM", "D2", "J2", "M2", "V2", "C2", "CP", "TL", "BA", "I2", "EI", "VA"}
TAKEN_FROM_A_BALANCE = {"VL", "BA", "V2", "CP", "LJ"}


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return read_contracts()


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"protheus_{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_statement_leaves_out_what_moves_no_money() -> None:
    conditions = ("title_type", "direction", "settlement_reason", "routine", "has_cheque")
    always = {
        row["movement_type"] for row in rows("statement_exclusions") if not any(map(row.get, conditions))
    }
    assert always == LEFT_OUT


def test_what_the_erp_says_moves_a_bank_differs_from_the_statement_where_it_is_known_to() -> None:
    moves = {row["movement_type"] for row in rows("movement_types") if row["moves_bank"] == "true"}
    assert moves & LEFT_OUT == {"V2", "EI"}


def test_settlements_are_what_balances_count() -> None:
    settlements = {row["movement_type"] for row in rows("movement_types") if row["is_settlement"] == "true"}
    assert settlements == TAKEN_FROM_A_BALANCE


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("SE1", ("E1_FILIAL", "E1_PREFIXO", "E1_NUM", "E1_PARCELA", "E1_TIPO")),
        ("SE5", ("R_E_C_N_O_",)),
        ("FK1", ("R_E_C_N_O_",)),
        ("FK5", ("R_E_C_N_O_",)),
        ("CT2", ("R_E_C_N_O_",)),
    ],
)
def test_keys_are_those_of_the_public_contract(
    contracts: Contracts, table: str, key: tuple[str, ...]
) -> None:
    assert contracts.table("protheus", table).key == key


def test_tables_are_found_through_the_dictionary_but_for_those_of_another_schema(
    contracts: Contracts,
) -> None:
    names = contracts.table("protheus", "SE1").file_names
    assert names is not None
    assert (names.native, names.alias, names.file) == ("SX2", "X2_CHAVE", "X2_ARQUIVO")
    transmissions = contracts.table("protheus", "SPED050")
    assert (transmissions.physical_name, transmissions.file_names) == ("{alias}", None)


def test_what_is_settled_later_is_read_again(contracts: Contracts) -> None:
    """A title's inclusion lies back when it is paid: only its last movement tells that it changed."""
    assert contracts.table("protheus", "SE1").business_date == "E1_MOVIMEN"
    assert contracts.table("protheus", "SE5").business_date == "E5_DTDIGIT"
