"""What the catalogues of Datasul and RM say, checked against the facts that the staging models rest on."""

import csv
from pathlib import Path

import pytest

SEEDS = Path(__file__).parents[2] / "dbt" / "seeds"


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def stages(system: str, group: str = "") -> dict[str, tuple[str, bool]]:
    """(stage, whether it is cancelled) by status."""
    return {
        row["status"]: (row["stage"], row["is_cancelled"] == "true")
        for row in rows("erp_document_stages")
        if (row["system"], row["movement_group"]) == (system, group)
    }


def test_datasul_knows_pre_notes_and_classified_ones() -> None:
    assert stages("datasul") == {"no": ("pre_nota", False), "yes": ("classificada", False)}


def test_rm_letters_mean_what_their_group_says() -> None:
    inbound, outbound = stages("rm", "1.2"), stages("rm", "2.2")
    assert set(inbound) == set(outbound) == set("ABCFGNPQU")
    assert inbound["A"] == ("pre_nota", False)
    assert inbound["B"] == ("bloqueada", False)
    assert {inbound[letter] for letter in "FGNPQU"} == {("classificada", False)}
    assert {stage for stage, _ in outbound.values()} == {"lancada"}
    for group in (inbound, outbound):
        assert {letter for letter, (_, is_cancelled) in group.items() if is_cancelled} == {"C"}


def test_only_notes_of_rm_are_fiscal_documents() -> None:
    notes = {
        row["movement_group"]: row["direction"]
        for row in rows("rm_movement_groups")
        if row["is_fiscal_document"] == "true"
    }
    assert notes == {"1.2": "inbound", "2.2": "outbound"}


def test_situations_of_an_nfe() -> None:
    situations = {row["situation"]: row for row in rows("datasul_nfe_situations")}
    assert set(situations) == {*map(str, range(1, 10)), "12"}
    assert {code for code, row in situations.items() if row["is_cancelled"] == "true"} == {"6", "7"}
    assert {code for code, row in situations.items() if row["is_not_transmitted"] == "true"} == set("12589")


def test_titles_of_datasul_have_a_sign() -> None:
    signs = {
        row["title_type"]: int(row["sign"]) for row in rows("erp_title_types") if row["system"] == "datasul"
    }
    assert {kind for kind, sign in signs.items() if sign == -1} == {"Antecipação", "Nota de Crédito"}
    assert set(signs.values()) == {1, -1}


def test_only_a_settlement_brings_money() -> None:
    movements = {row["native_type"]: row for row in rows("datasul_title_movements")}
    assert {code for code, row in movements.items() if row["is_cash"] == "true"} == {"LIQ"}
    effects = {code: int(row["balance_effect"]) for code, row in movements.items()}
    assert {effects[code] for code in ("LIQ", "LQPD", "LQRN", "LQTE", "LQEC", "AVMN", "ESTT")} == {-1}
    assert {effects[code] for code in ("IMPL", "IMCR", "AVMA", "TRES")} == {1}


@pytest.mark.parametrize(
    ("status", "is_open"), [("0", "true"), ("4", "true"), ("1", "false"), ("2", "false"), ("3", "false")]
)
def test_open_entries_of_rm(status: str, is_open: str) -> None:
    statuses = {row["status"]: row for row in rows("rm_title_statuses")}
    assert statuses[status]["is_open"] == is_open
    assert [code for code, row in statuses.items() if row["is_cancelled"] == "true"] == ["2"]
