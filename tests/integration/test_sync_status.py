"""The synchronisation judged on a world written by hand: one case a line, one run, then one a month later."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion.state import add_waiver
from ingestion.store import Waiver
from ingestion.workspace import read_workspace
from tests.integration.world import CARRIER, CUSTOMER, OTHER_BRANCH, OURS, SUPPLIER, World, access_key

pytestmark = pytest.mark.slow

AUGUST = date(2026, 8, 10)


@dataclass(frozen=True)
class Case:
    """What a document is for, and what must be said of it."""

    access_key: str
    status: str
    cause: str | None
    is_mismatch: bool = True
    role: str = "recipient"
    company: str = OURS


def run(world: World, *, full: bool = False) -> None:
    run_workspace(read_workspace(world.root, environ={}), progress=LoggedProgress(), full=full)


def build(world: World) -> dict[str, Case]:
    """Every cause of the family on its own document, and beside each what must stay silent."""
    cases: dict[str, Case] = {}
    number = iter(range(100, 1000))

    def case(name: str, key: str, status: str, cause: str | None, **more: object) -> str:
        cases[name] = Case(key, "Sincronizado" if status == "S" else "Não sincronizado", cause, **more)  # type: ignore[arg-type]
        return key

    key = case("posted", world.nfe(next(number), on=AUGUST), "S", None)
    world.sf1(key)
    key = case("pre_note", world.nfe(next(number), on=AUGUST), "S", None)
    world.sf1(key, F1_STATUS=" ", F1_VALICM="0.00")
    key = case("blocked", world.nfe(next(number), on=AUGUST), "S", None)
    world.sf1(key, F1_STATUS="B")
    case("missing", world.nfe(next(number), on=AUGUST), "N", "missing_in_erp")
    case(
        "still_in_time",
        world.nfe(next(number), on=date(2026, 10, 28)),
        "N",
        "missing_in_erp",
        is_mismatch=False,
    )
    case(
        "before_activation",
        world.nfe(next(number), on=date(2026, 7, 31)),
        "N",
        "out_of_scope",
        is_mismatch=False,
    )
    case("on_activation", world.nfe(next(number), on=date(2026, 8, 3)), "N", "missing_in_erp")
    key = case(
        "posted_before_activation",
        world.nfe(next(number), on=date(2026, 7, 20)),
        "S",
        "out_of_scope",
        is_mismatch=False,
    )
    world.sf1(key, posted=date(2026, 7, 30))
    key = case("deleted", world.nfe(next(number), on=AUGUST), "N", "deleted_in_erp")
    world.sf1(key, D_E_L_E_T_="*")
    key = case("deleted_and_posted_again", world.nfe(next(number), on=AUGUST), "S", None)
    world.sf1(key, D_E_L_E_T_="*")
    world.sf1(key)
    key = case("amount", world.nfe(next(number), on=AUGUST), "S", "amount_differs")
    world.sf1(key, F1_VALBRUT="100.01")
    key = case("tax", world.nfe(next(number), on=AUGUST), "S", "tax_differs")
    world.sf1(key, F1_VALICM="18.02")
    key = case("tax_rounded", world.nfe(next(number), on=AUGUST), "S", "rounding", is_mismatch=False)
    world.sf1(key, F1_VALICM="18.01")
    key = case("other_branch", world.nfe(next(number), on=AUGUST), "S", "company_or_role_differs")
    world.sf1(key, F1_FILIAL="02")
    key = case("twice", world.nfe(next(number), on=AUGUST), "S", "posted_twice")
    world.sf1(key)
    world.sf1(key, F1_SERIE="001", F1_VALBRUT="90.00")
    key = case("twice_in_two_branches", world.nfe(next(number), on=AUGUST), "S", "posted_twice")
    world.sf1(key)
    world.sf1(key, F1_FILIAL="02")
    key = case(
        "cancelled_active", world.nfe(next(number), on=AUGUST), "S", "cancelled_at_sefaz_active_in_erp"
    )
    world.event(key, "110111", at="2026-08-20T09:00:00-03:00", author="11222333000181")
    world.sf1(key)
    key = case(
        "cancelled_out_of_time", world.nfe(next(number), on=AUGUST), "S", "cancelled_at_sefaz_active_in_erp"
    )
    world.event(key, "110111", at="2026-08-20T09:00:00-03:00", author="11222333000181", status="155")
    world.sf1(key)
    key = case("cancellation_refused", world.nfe(next(number), on=AUGUST), "S", None)
    world.event(key, "110111", at="2026-08-20T09:00:00-03:00", author="11222333000181", status="573")
    world.sf1(key)
    key = case("cancelled_never_posted", world.nfe(next(number), on=AUGUST), "N", None)
    world.event(key, "110111", at="2026-08-10T12:00:00-03:00", author="11222333000181")
    key = case("typed_wrong", world.nfe(next(number), on=AUGUST), "N", "wrong_access_key")
    world.sf1(key, F1_CHVNFE=key[:36] + ("1" if key[36] != "1" else "2") + key[37:])
    key = case("key_left_blank", world.nfe(next(number), on=AUGUST), "N", "wrong_access_key")
    world.sf1(key, F1_CHVNFE=" ")
    key = case("queued", world.nfe(next(number), on=AUGUST), "N", "queued_not_extracted")
    world.tables["SDS"].append(
        {"DS_FILIAL": "01", "DS_DOC": key[25:34], "DS_SERIE": "1", "DS_FORNEC": "F1", "DS_LOJA": "01", "DS_CHAVENF": key,
         "DS_STATUS": " ", "DS_DATAIMP": date(2026, 8, 12), "DS_HORAIMP": "10:00"}
    )  # fmt: skip
    key = case("refused_active", world.nfe(next(number), on=AUGUST), "S", "event_not_applied")
    world.event(key, "210240", at="2026-08-20T09:00:00-03:00", author=OURS)
    world.sf1(key)
    key = case("refused_then_confirmed", world.nfe(next(number), on=AUGUST), "S", None)
    world.event(key, "210240", at="2026-08-20T09:00:00-03:00", author=OURS)
    world.event(key, "210200", at="2026-08-21T09:00:00-03:00", author=OURS)
    world.sf1(key)
    key = case(
        "denied_active", world.nfe(next(number), on=AUGUST, status="302"), "S", "denied_or_void_number"
    )
    world.sf1(key)
    key = case("without_protocol", world.nfe(next(number), on=AUGUST, status=None), "S", None)
    world.sf1(key)
    key = case("void_number", world.nfe(8001, on=AUGUST, status=None), "S", "denied_or_void_number")
    world.sf1(key)
    case("void_number_never_posted", world.nfe(8002, on=AUGUST, status=None), "N", None)
    key = case("void_of_another_year", world.nfe(8101, on=AUGUST, status=None), "S", None)
    world.sf1(key)
    key = case("void_refused", world.nfe(8201, on=AUGUST, status=None), "S", None)
    world.sf1(key)
    key = case("authorised_number_said_to_be_void", world.nfe(8301, on=AUGUST), "S", None)
    world.sf1(key)
    world.void(SUPPLIER, 8000, 8005)
    world.void(SUPPLIER, 8100, 8105, year=2025)
    world.void(SUPPLIER, 8200, 8205, status="241")
    world.void(SUPPLIER, 8200, 8205, environment="2")
    world.void(SUPPLIER, 8300, 8305)

    key = case(
        "issued",
        world.nfe(next(number), on=AUGUST, issuer=OURS, recipient=CUSTOMER),
        "S",
        None,
        role="issuer",
    )
    world.sf2(key, posted=AUGUST)
    key = case("issued_cancelled_in_erp", world.nfe(next(number), on=AUGUST, issuer=OURS, recipient=CUSTOMER), "N",
               "cancelled_in_erp_authorised_at_sefaz", role="issuer")  # fmt: skip
    world.sf2(key, posted=AUGUST, D_E_L_E_T_="*")
    key = case(
        "transfer_out",
        world.nfe(next(number), on=AUGUST, issuer=OURS, recipient=OTHER_BRANCH),
        "S",
        None,
        role="issuer",
    )
    world.sf2(key, posted=AUGUST)
    case("transfer_in_missing", key, "N", "missing_in_erp", company=OTHER_BRANCH)
    key = case("to_itself", world.nfe(next(number), on=AUGUST, issuer=OURS), "S", None, role="issuer")
    case("from_itself", key, "S", None)
    world.sf2(key, posted=AUGUST)
    world.sf1(key, F1_FORNECE="M1")
    key = case("twice_once_without_key", world.nfe(next(number), on=AUGUST), "S", "posted_twice")
    world.sf1(key)
    world.sf1(key, F1_SERIE="001", F1_CHVNFE=" ")
    key = case("cte_taker", world.cte(next(number), on=AUGUST), "S", None, role="taker")
    world.sf1(key)
    case("cte_recipient_who_is_taker", key, "S", None)
    key = case(
        "cte_disagreed_active", world.cte(next(number), on=AUGUST), "S", "event_not_applied", role="taker"
    )
    world.event(key, "610110", at="2026-08-20T09:00:00-03:00", author=OURS)
    world.sf1(key)
    key = case("cte_disagreed_in_erp", world.cte(next(number), on=AUGUST), "S", None, role="taker")
    world.event(key, "610110", at="2026-08-20T09:00:00-03:00", author=OURS)
    world.sf1(key, F1_STATUS="E")
    case("cte_only_sender", world.cte(next(number), on=AUGUST, taker=CUSTOMER, sender=OURS), "N", "out_of_scope",
         is_mismatch=False, role="sender")  # fmt: skip
    case("carrier_of_a_sale", world.nfe(next(number), on=AUGUST, recipient=CUSTOMER, carrier=OURS), "N", "out_of_scope",
         is_mismatch=False, role="carrier")  # fmt: skip

    world.nfe(next(number), on=AUGUST, environment="2")
    stranger = world.nfe(999_999, on=AUGUST)
    (world.root / "inbox/xml" / f"{stranger}-nfe.xml").unlink()
    world.sf1(stranger)
    world.sf1(stranger, F1_CHVNFE=" ", F1_ESPECIE="NFS", F1_DOC="000000777")
    # no XML can stand behind a void number, with its key or without; a deleted posting of one is as it should be
    world.sf1(access_key(SUPPLIER, 8003, on=AUGUST))
    world.sf1(access_key(SUPPLIER, 8004, on=AUGUST), F1_CHVNFE=" ")
    world.sf1(access_key(SUPPLIER, 8005, on=AUGUST), D_E_L_E_T_="*")
    return cases


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), as_of="2026-10-30T23:59:59Z")


@pytest.fixture(scope="module")
def cases(world: World) -> dict[str, Case]:
    cases = build(world)
    world.write_tables()
    run(world)
    return cases


def test_every_document_is_judged_as_its_case_says(world: World, cases: dict[str, Case]) -> None:
    found = {
        (key, company, role): (status, cause)
        for key, company, role, status, cause in world.query(
            "select access_key, company_cnpj, company_role, sync_status, cause from marts.sync_status"
        )
    }
    judged = {name: found.get((case.access_key, case.company, case.role)) for name, case in cases.items()}
    assert judged == {name: (case.status, case.cause) for name, case in cases.items()}


def test_mismatches_are_those_and_no_others(world: World, cases: dict[str, Case]) -> None:
    expected = {
        (case.cause, "document", case.access_key, case.company)
        for case in cases.values()
        if case.cause and case.is_mismatch
    }
    stranger = world.query(
        "select cause, erp_document_key, causes from marts.erp_documents where matched_by = 'none' and model = '55' and cause is not null"
    )
    expected |= {(cause, "erp_document", key, OURS) for cause, key, _ in stranger}
    numbers = {(cause, str(key).split("|")[3]) for cause, key, _ in stranger}
    assert numbers == {
        ("erp_without_xml", "000999999"),
        ("denied_or_void_number", "000008003"),
        ("denied_or_void_number", "000008004"),
    }
    assert all(causes == [cause] for cause, _, causes in stranger)
    found = world.query(
        "select cause, entity_type, entity_key, company_cnpj from marts.mismatches where resolved_at is null"
    )
    assert len(stranger) == 3
    assert set(found) == expected
    assert len(found) == len(expected)


def test_the_second_reading_is_the_original_products(world: World, cases: dict[str, Case]) -> None:
    readings = dict(
        world.query("select access_key, sync_status_as_arquivei from marts.sync_status where is_expected")
    )
    assert readings[cases["posted"].access_key] == "Sincronizado"
    assert readings[cases["pre_note"].access_key] == "Sincronizado"
    assert readings[cases["posted_before_activation"].access_key] == "Não sincronizado"
    assert readings[cases["missing"].access_key] == "Não sincronizado"
    assert readings[cases["cte_taker"].access_key] is None


def test_a_wrong_key_names_its_candidate(world: World, cases: dict[str, Case]) -> None:
    key = cases["typed_wrong"].access_key
    [(candidate,)] = world.query(f"select erp_document_key from marts.sync_status where access_key = '{key}'")
    assert candidate == f"protheus|SF1|01|{key[25:34]}|1|F1|01|N"
    [(matched_by, cause)] = world.query(
        f"select matched_by, cause from marts.erp_documents where erp_document_key = '{candidate}'"
    )
    assert (matched_by, cause) == ("number", "wrong_access_key")


def test_amounts_are_told_to_the_cent(world: World, cases: dict[str, Case]) -> None:
    amounts = {
        (cause, key): str(amount)
        for cause, key, amount in world.query("select cause, entity_key, amount from marts.mismatches")
    }
    assert amounts["amount_differs", cases["amount"].access_key] == "0.01"
    assert amounts["tax_differs", cases["tax"].access_key] == "0.02"
    assert amounts["posted_twice", cases["twice"].access_key] == "90.00"
    assert amounts["posted_twice", cases["twice_once_without_key"].access_key] == "100.00"
    assert amounts["missing_in_erp", cases["missing"].access_key] == "100.00"


def test_homologation_reaches_no_mart(world: World, cases: dict[str, Case]) -> None:
    [(documents,)] = world.query("select count(*) from marts.documents")
    assert documents == len({case.access_key for case in cases.values()})


def test_a_month_later(world: World, cases: dict[str, Case]) -> None:
    """A note is deleted, a lost one posted, one changed, a file comes late: what was believed is kept."""
    rows = world.tables["SF1"]
    posted = next(row for row in rows if row["F1_CHVNFE"] == cases["posted"].access_key)
    rows.remove(posted)
    world.sf1(cases["missing"].access_key, posted=date(2026, 11, 3))
    amount = next(row for row in rows if row["F1_CHVNFE"] == cases["amount"].access_key)
    amount["F1_VALBRUT"] = "100.00"
    world.event(
        cases["blocked"].access_key, "110111", at="2026-08-25T09:00:00-03:00", author="11222333000181"
    )
    world.set_clock("2026-11-30T23:59:59Z")
    world.write_tables()
    run(world)

    def history(name: str) -> list[tuple[object, ...]]:
        return world.query(
            f"""
            select sync_status, cause, valid_from::varchar, valid_to::varchar, known_from::varchar, known_to::varchar
            from marts.sync_status_history
            where access_key = '{cases[name].access_key}' and company_role = 'recipient'
            order by known_from, valid_from
            """
        )

    issue, posting = "2026-08-10 13:00:00+00", "2026-08-13 03:00:00+00"
    first, second = "2026-10-30 23:59:59+00", "2026-11-30 23:59:59+00"
    assert history("posted") == [
        ("Não sincronizado", "missing_in_erp", issue, posting, first, None),
        ("Sincronizado", None, posting, None, first, second),
        ("Sincronizado", None, posting, second, second, None),
        ("Não sincronizado", "deleted_in_erp", second, None, second, None),
    ]
    assert history("missing") == [
        ("Não sincronizado", "missing_in_erp", issue, None, first, second),
        ("Não sincronizado", "missing_in_erp", issue, "2026-11-03 03:00:00+00", second, None),
        ("Sincronizado", None, "2026-11-03 03:00:00+00", None, second, None),
    ]
    assert history("amount") == [
        ("Não sincronizado", "missing_in_erp", issue, posting, first, None),
        ("Sincronizado", "amount_differs", posting, None, first, second),
        ("Sincronizado", None, posting, None, second, None),
    ]
    assert history("blocked") == [
        ("Não sincronizado", "missing_in_erp", issue, posting, first, None),
        ("Sincronizado", None, posting, None, first, second),
        ("Sincronizado", None, posting, "2026-08-25 12:00:00+00", second, None),
        ("Sincronizado", "cancelled_at_sefaz_active_in_erp", "2026-08-25 12:00:00+00", None, second, None),
    ]

    seen = {
        (cause, key): (str(first_seen), resolved is not None)
        for cause, key, first_seen, resolved in world.query(
            "select cause, entity_key, first_seen_at::varchar, resolved_at from marts.mismatches"
        )
    }
    assert seen["missing_in_erp", cases["missing"].access_key] == (first, True)
    assert seen["amount_differs", cases["amount"].access_key] == (first, True)
    assert seen["deleted_in_erp", cases["posted"].access_key] == (second, False)
    assert seen["tax_differs", cases["tax"].access_key] == (first, False)
    [(unsynced_since,)] = world.query(
        f"select unsynced_since::varchar from marts.sync_status where access_key = '{cases['posted'].access_key}'"
    )
    assert unsynced_since == second


def test_going_back_forgets_what_was_not_known(world: World, cases: dict[str, Case]) -> None:
    """An earlier clock needs a full run, shows nothing of the later one, and the later one comes back as it was."""
    columns = "* exclude (run_id)"
    later = world.query(f"select {columns} from marts.mismatches order by all")
    key = cases["tax"].access_key
    [(mismatch_id,)] = world.query(f"select mismatch_id from marts.mismatches where entity_key = '{key}'")
    waived_at = datetime(2026, 10, 30, 12, tzinfo=UTC)
    add_waiver(
        world.root / "state/confere.sqlite",
        Waiver(mismatch_id, reason="ICMS conferido", waived_until=date(2026, 10, 30), waived_at=waived_at),
    )
    world.set_clock("2026-10-31T02:59:59Z")
    run(world, full=True)
    assert world.query(
        """
        select count(*) from marts.mismatches
        where greatest(first_seen_at, last_seen_at, resolved_at) > timestamptz '2026-10-31 02:59:59+00'
        """
    ) == [(0,)]
    # its last day is a day in Brazil
    assert world.query(f"select is_waived from marts.mismatches where mismatch_id = '{mismatch_id}'") == [
        (True,)
    ]
    world.set_clock("2026-11-30T23:59:59Z")
    run(world)
    assert world.query(f"select is_waived from marts.mismatches where mismatch_id = '{mismatch_id}'") == [
        (False,)
    ]
    seen = {
        row[0] for row in world.query("select mismatch_id from marts.mismatches where resolved_at is null")
    }
    assert seen == {row[0] for row in later if row[11] is None}


def test_carriers_are_no_one_of_ours(world: World) -> None:
    assert world.query(f"select 1 from marts.sync_status where company_cnpj = '{CARRIER}'") == []


def test_two_orders_of_arrival_give_the_same_marts(tmp_path: Path) -> None:
    """The same documents and rows, listed in another order and under other names, in one go."""
    marts = []
    for turn in ("straight", "shuffled"):
        world = World(tmp_path / turn)
        build(world)
        if turn == "shuffled":
            for rows in world.tables.values():
                rows.reverse()
            files = sorted((world.root / "inbox/xml").iterdir())
            for position, path in enumerate(reversed(files)):
                path.rename(path.with_name(f"{position:05d}.XML"))
        world.write_tables()
        run(world)
        marts.append(
            {
                table: world.query(f"from marts.{table} select * order by all")
                for table in (
                    "documents",
                    "sync_status",
                    "sync_status_history",
                    "erp_documents",
                    "document_events",
                )
            }
            | {"mismatches": world.query("select * exclude (run_id) from marts.mismatches order by all")}
        )
    assert marts[0] == marts[1]
