"""What the catalogues under dbt/seeds say, checked against facts worked out here.

Holds only checks on the rows of the CSV files. How dbt loads them is tested where the project is built.
"""

from __future__ import annotations

import csv
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from ingestion.fiscal.refusals import reasons
from ingestion.store import MALFORMED_LINE

INGESTION = Path(__file__).parents[2] / "ingestion"
SEEDS = Path(__file__).parents[2] / "dbt" / "seeds"

# the families, each in the order of its codes
CAUSES_BY_FAMILY = {
    "sync": [
        "missing_in_erp",
        "erp_without_xml",
        "deleted_in_erp",
        "amount_differs",
        "tax_differs",
        "company_or_role_differs",
        "posted_twice",
        "cancelled_at_sefaz_active_in_erp",
        "cancelled_in_erp_authorised_at_sefaz",
        "wrong_access_key",
        "out_of_scope",
        "denied_or_void_number",
        "event_not_applied",
        "queued_not_extracted",
    ],
    "balance": [
        "moved_not_posted",
        "posted_without_movement",
        "wrong_account",
        "posted_amount_differs",
        "cut_off",
        "posted_twice_in_ledger",
        "reversed_on_one_side",
        "wrong_branch",
        "changed_after_close",
        "rounding",
        "fee_not_posted",
        "opening_balance",
        "posting_condition_false",
        "wallet_or_holder_differs",
        "trial_balance_differs",
    ],
    "settlement": [
        "due_not_paid",
        "short_paid",
        "over_paid",
        "fee_differs",
        "paid_on_other_date",
        "bundled",
        "netted_with_debits",
        "unknown_event_code",
        "event_without_operation",
        "paid_twice",
        "charge_not_due",
    ],
    "event": [
        "no_return",
        "out_of_order",
        "prerequisite_missing",
        "conciliation_missing",
        "after_terminal",
        "duplicate_event",
        "undocumented_operation",
        "expired_ticket",
        "wrong_routine",
        "incompatible_event",
        "stuck_in_rejection",
    ],
    "configuration": [
        "parameter_missing",
        "parameter_wrong",
        "register_missing",
        "temporary_setting_left_on",
    ],
    "unexplained": ["unexplained"],
}
CODE_PREFIX = {
    "sync": "SY",
    "balance": "BA",
    "settlement": "ST",
    "event": "EV",
    "configuration": "CF",
    "unexplained": "UN",
}
SYNC_PRECEDENCE = [
    "denied_or_void_number",
    "cancelled_at_sefaz_active_in_erp",
    "event_not_applied",
    "posted_twice",
    "company_or_role_differs",
    "wrong_access_key",
    "amount_differs",
    "tax_differs",
    "cancelled_in_erp_authorised_at_sefaz",
    "deleted_in_erp",
    "queued_not_extracted",
    "out_of_scope",
    "missing_in_erp",
    "erp_without_xml",
]
EXPLAINS_ONLY = {"out_of_scope", "rounding", "bundled", "netted_with_debits"}


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def easter(year: int) -> date:
    """Gauss's rule with the constants of 1900 to 2099, exceptions included."""
    golden, leap, week = year % 19, year % 4, year % 7
    moon = (19 * golden + 24) % 30
    sunday = (2 * leap + 4 * week + 6 * moon + 5) % 7
    after_march_22 = moon + sunday
    if after_march_22 == 35 or (moon == 28 and sunday == 6 and golden > 10):
        after_march_22 -= 7
    return date(year, 3, 22) + timedelta(days=after_march_22)


def test_causes_are_the_whole_catalogue_with_their_codes() -> None:
    found = {row["cause"]: (row["family"], row["code"]) for row in rows("causes")}
    expected = {
        cause: (family, f"{CODE_PREFIX[family]}{number:02d}")
        for family, causes in CAUSES_BY_FAMILY.items()
        for number, cause in enumerate(causes, start=0 if family == "unexplained" else 1)
    }
    assert found == expected


def test_precedence_is_unique_and_families_follow_each_other() -> None:
    causes = rows("causes")
    precedence = {row["cause"]: int(row["precedence"]) for row in causes}
    assert len(set(precedence.values())) == len(causes)
    ordered = sorted(causes, key=lambda row: int(row["precedence"]))
    assert list(dict.fromkeys(row["family"] for row in ordered)) == list(CAUSES_BY_FAMILY)
    assert [row["cause"] for row in ordered if row["family"] == "sync"] == SYNC_PRECEDENCE
    assert [precedence[cause] for cause in SYNC_PRECEDENCE] == list(range(10, 150, 10))


@pytest.mark.parametrize(
    ("replacement", "replaced"),
    [
        ("wrong_access_key", "missing_in_erp"),
        ("company_or_role_differs", "erp_without_xml"),
        ("queued_not_extracted", "missing_in_erp"),
        ("wrong_account", "moved_not_posted"),
        ("wrong_branch", "posted_without_movement"),
        ("posted_amount_differs", "moved_not_posted"),
        ("cut_off", "moved_not_posted"),
        ("wallet_or_holder_differs", "posting_condition_false"),
        ("posting_condition_false", "moved_not_posted"),
        ("changed_after_close", "wrong_account"),
        ("posted_twice", "amount_differs"),
    ],
)
def test_a_cause_that_replaces_another_comes_before_it(replacement: str, replaced: str) -> None:
    precedence = {row["cause"]: int(row["precedence"]) for row in rows("causes")}
    assert precedence[replacement] < precedence[replaced]


def test_only_explanations_are_no_mismatch() -> None:
    assert {row["cause"] for row in rows("causes") if row["is_mismatch"] == "false"} == EXPLAINS_ONLY
    assert {row["severity"] for row in rows("causes") if row["cause"] in EXPLAINS_ONLY} == {"info"}


def test_every_cause_says_what_to_do() -> None:
    for row in rows("causes"):
        assert row["severity"] in {"error", "warning", "info"}, row["cause"]
        assert re.fullmatch(r"S00[0-4]-\d\d( S00[0-4]-\d\d)*", row["rules"]), row["cause"]
        for column in ("objective", "criterion", "consequence", "hint"):
            assert row[column].endswith("."), (row["cause"], column)
        assert len(row["label_pt"]) <= 50, row["cause"]


@pytest.mark.parametrize("year", range(2015, 2041))
def test_bank_holidays_of_a_year(year: int) -> None:
    sunday = easter(year)
    expected = {
        date(year, month, day)
        for month, day in ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
    }
    expected |= {sunday + timedelta(days=offset) for offset in (-48, -47, -2, 60)}
    if year >= 2024:
        expected.add(date(year, 11, 20))
    found = [
        date.fromisoformat(row["day"]) for row in rows("bank_holidays") if row["day"].startswith(str(year))
    ]
    assert found == sorted(expected)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2016-02-09", "Carnaval (terça-feira)"),
        ("2019-04-19", "Paixão de Cristo"),
        ("2023-06-08", "Corpus Christi"),
        ("2026-02-16", "Carnaval (segunda-feira)"),
        ("2026-11-20", "Dia Nacional de Zumbi e da Consciência Negra"),
    ],
)
def test_known_bank_holidays(day: str, name: str) -> None:
    assert {row["day"]: row["holiday"] for row in rows("bank_holidays")}[day] == name


def test_every_state_has_a_code_and_a_zone_that_exists() -> None:
    states = rows("uf_timezones")
    assert len(states) == len({row["uf"] for row in states}) == len({row["uf_code"] for row in states}) == 27
    offsets = {
        row["uf"]: datetime(2026, 7, 1, 12, tzinfo=ZoneInfo(row["time_zone"])).utcoffset() for row in states
    }
    assert {uf for uf, offset in offsets.items() if offset == timedelta(hours=-5)} == {"AC"}
    assert {uf for uf, offset in offsets.items() if offset == timedelta(hours=-4)} == {
        "AM",
        "MS",
        "MT",
        "RO",
        "RR",
    }


def test_only_models_that_are_read_can_be_missed() -> None:
    for row in rows("erp_document_species"):
        assert (row["expects_xml"] == "true") == (row["model"] in {"55", "57", "65", "67"}), row["species"]
        # F1_ESPECIE holds five characters
        assert len(row["species"]) <= 5 or row["system"] != "protheus", row["species"]


def test_document_statuses_are_those_of_the_erp() -> None:
    stages = rows("erp_document_stages")
    keys = [(row["system"], row["movement_group"], row["status"]) for row in stages]
    assert len(set(keys)) == len(keys)
    assert {row["stage"] for row in stages} <= {"pre_nota", "classificada", "bloqueada", "lancada"}
    statuses = {row["status"]: row for row in stages if row["system"] == "protheus"}
    assert set(statuses) == {"", *"ABCDEFGH"}
    assert statuses[""]["stage"] == "pre_nota"
    assert {letter for letter, row in statuses.items() if row["is_disagreed"] == "true"} == set("DEFH")
    assert {row["stage"] for row in statuses.values()} == {"pre_nota", "classificada", "bloqueada"}


def test_manifestations_agree_with_the_event_catalogue() -> None:
    manifests = {row["event_type"] for row in rows("fiscal_event_types") if row["effect"] == "manifests"}
    assert {row["event_type"] for row in rows("manifestation_events")} == manifests
    refusals = {row["event_type"] for row in rows("manifestation_events") if row["is_refusal"] == "true"}
    assert refusals == {"210220", "210240"}


def test_event_types_are_keyed_by_model() -> None:
    events = rows("fiscal_event_types")
    assert len({(row["model"], row["event_type"]) for row in events}) == len(events)
    effects = {(row["model"], row["event_type"]): row["effect"] for row in events}
    assert {key for key, effect in effects.items() if effect == "cancels"} == {
        ("55", "110111"),
        ("57", "110111"),
        ("58", "110111"),
        ("64", "110111"),
        ("65", "110111"),
        ("65", "110112"),
        ("67", "110111"),
    }
    assert {key for key, effect in effects.items() if effect == "closes"} == {
        ("58", "110112"),
        ("58", "310112"),
    }
    assert effects["57", "240140"] == "substitutes"
    assert effects["57", "610110"] == "disputes"
    assert effects["57", "610111"] == "revokes_event"


def test_revocations_pair_events_that_the_catalogue_knows() -> None:
    known = {row["event_type"] for row in rows("fiscal_event_types")}
    pairs = {row["event_type"]: row["revoked_event_type"] for row in rows("event_revocations")}
    assert {*pairs, *pairs.values()} - {""} <= known
    assert [event for event, revoked in pairs.items() if not revoked] == ["110001"]
    undoing = {row["event_type"] for row in rows("fiscal_event_types") if row["effect"] == "revokes_event"}
    assert undoing <= set(pairs)


def test_answers_register_events_by_model_and_type() -> None:
    answers = {(row["c_stat"], row["model"], row["event_type"]) for row in rows("fiscal_event_answers")}
    assert {c_stat for c_stat, model, event in answers if not model and not event} == {"135", "136"}
    assert {model for c_stat, model, _ in answers if c_stat == "134"} == {"57", "64", "67"}
    assert {event for c_stat, _, event in answers if c_stat == "155"} == {"110111", "110112"}
    assert not {c_stat for c_stat, _, _ in answers} & {"100", "573", "128"}


def test_links_told_by_events_are_kinds_of_links() -> None:
    known = {(row["model"], row["event_type"]) for row in rows("fiscal_event_types")}
    links = rows("fiscal_event_links")
    assert {(row["model"], row["event_type"]) for row in links} <= known
    keys = [(row["model"], row["event_type"], row["linked_model"]) for row in links]
    assert len(keys) == len(set(keys))
    assert {row["kind"] for row in links} <= {
        "transports",
        "carries",
        "substitutes",
        "complements",
        "annuls",
        "previous",
    }


def test_only_a_registration_or_a_query_gives_a_standing() -> None:
    statuses = {row["c_stat"]: row["status"] for row in rows("sefaz_statuses")}
    assert {code for code, status in statuses.items() if status == "authorised"} == {"100", "150"}
    assert {code for code, status in statuses.items() if status == "cancelled"} == {"101", "151", "155"}
    assert {code for code, status in statuses.items() if status == "void"} == {"102", "206"}
    assert not statuses.keys() & {"104", "124", "135", "136", "204", "217"}


def test_document_rules_have_a_tolerance_a_severity_and_a_check() -> None:
    catalogue = rows("document_rules")
    assert {row["severity"] for row in catalogue} == {"error", "warn", "info"}
    for row in catalogue:
        assert re.fullmatch(r"[a-z_]+", row["rule"])
        assert row["tolerance"] in {"0.00", "0.01", "0.10"}, row["rule"]
        assert set(row["models"].split()) <= {"55", "57", "58", "64", "65", "67"}, row["rule"]
        assert row["name_pt"]
        assert row["formula_pt"]
        assert row["source"]
    marts = SEEDS.parent / "models/marts/fiscal/document_rule_breaks.yml"
    [mart] = yaml.safe_load(marts.read_text(encoding="utf-8"))["models"]
    checked = [test["rule_holds"]["arguments"]["rule"] for test in mart["data_tests"] if "rule_holds" in test]
    assert checked == [row["rule"] for row in catalogue]


def test_every_document_rule_has_a_case_that_fires() -> None:
    models = SEEDS.parent / "models/intermediate/fiscal/_fiscal_rules__models.yml"
    units = yaml.safe_load(models.read_text(encoding="utf-8"))["unit_tests"]
    fired = {
        row["rule"]
        for unit in units
        if unit["model"] == "int_fiscal_rules__broken"
        for row in unit["expect"]["rows"]
    }
    assert fired == {row["rule"] for row in rows("document_rules")}


def test_every_seed_is_described_with_all_its_columns() -> None:
    described = {
        seed["name"]: seed
        for seed in yaml.safe_load((SEEDS / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    }
    files = {path.stem: path for path in SEEDS.glob("*.csv")}
    assert set(described) == set(files)
    for name, path in files.items():
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert [column["name"] for column in described[name]["columns"]] == header, name
        assert list(described[name]["config"]["column_types"]) == header, name


def test_every_reason_for_a_refusal_is_told_in_portuguese() -> None:
    catalogue = {row["reason"]: row for row in rows("rejection_reasons")}
    of_rows = {
        slug
        for module in INGESTION.glob("*.py")
        for slug in re.findall(r'Fault\(\s*"(\w+)"', module.read_text(encoding="utf-8"))
    }
    assert of_rows >= {"not_a_number", "missing_key"}
    assert of_rows | {MALFORMED_LINE} | reasons().keys() <= catalogue.keys()
    assert {slug: catalogue[slug]["message_pt"] for slug in reasons()} == {
        slug: reason.hint for slug, reason in reasons().items()
    }
    assert {slug for slug, row in catalogue.items() if row["is_replayable"] == "false"} == {
        MALFORMED_LINE,
        *(slug for slug, reason in reasons().items() if not reason.is_kept),
    }


def test_replication_queues_are_read_by_catalogues() -> None:
    assert {row["state"] for row in rows("replication_statuses")} == {"pending", "sent", "failed"}
    assert all(row["native_status"] == row["native_status"].upper() for row in rows("replication_statuses"))
    streams = rows("replication_streams")
    assert {row["latency_class"] for row in streams} == {"online", "scheduled"}
    # only a schedule has hours, and every schedule has them
    assert all((row["latency_class"] == "scheduled") == bool(row["schedule_hours"]) for row in streams)
    whole = {row["record_table"] for row in streams if row["is_carried_whole"] == "true"}
    assert {"PCPEDC", "PCNFSAID", "PCPREST"} <= whole


def test_billing_codes_of_winthor() -> None:
    codes = {row["billing_code"]: row["is_receivable"] == "true" for row in rows("winthor_billing_codes")}
    assert {code for code, is_receivable in codes.items() if is_receivable} == {"SUPP", "D", "DH"}
    assert all(len(code) <= 4 for code in codes)
