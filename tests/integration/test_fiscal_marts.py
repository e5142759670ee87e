"""What the marts say of fiscal documents by themselves: standing, events, links, void numbers, rules; every kind, any order."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from dagster_project.progress import LoggedProgress
from dagster_project.run import run_workspace
from ingestion.workspace import read_workspace
from tests.integration.world import CARRIER, CUSTOMER, OURS, SUPPLIER, World

pytestmark = pytest.mark.slow

AUGUST = date(2026, 8, 10)
AT = "2026-08-20T09:00:00-03:00"
SAMPLES = Path(__file__).parents[1] / "fixtures/fiscal"


@dataclass(frozen=True)
class Standing:
    """A document and what must be said of it; `at` is the instant since when."""

    access_key: str
    status: str
    at: str | None


def run(world: World) -> None:
    run_workspace(read_workspace(world.root, environ={}), progress=LoggedProgress())


def build(world: World) -> dict[str, Standing]:
    """Every way in which SEFAZ tells the standing of a document, each on a document of its own."""
    standings: dict[str, Standing] = {}
    number = iter(range(100, 1000))
    issued, event = "2026-08-10 13:00:05+00", "2026-08-20 12:00:00+00"

    def nfe(name: str, standing: str, at: str | None, **how: str | None) -> str:
        key = world.nfe(next(number), on=AUGUST, **how)  # type: ignore[arg-type]
        standings[name] = Standing(key, standing, at)
        return key

    def cte(name: str, standing: str, at: str, **how: str) -> str:
        key = world.cte(next(number), on=AUGUST, **how)  # type: ignore[arg-type]
        standings[name] = Standing(key, standing, at)
        return key

    nfe("authorised", "authorised", issued)
    nfe("without_protocol", "unproven", None, status=None)
    key = nfe("epec", "unproven", None, status=None)
    world.event(key, "110140", at=AT, author=SUPPLIER, status="136")
    world.answer_to_query(key, "124", at=AT)
    nfe("denied", "denied", issued, status="302")
    key = nfe("denied_by_query", "denied", event)
    world.answer_to_query(key, "205", at=AT)
    key = nfe("cancelled", "cancelled", event)
    world.event(key, "110111", at=AT, author=SUPPLIER, status="155")
    world.answer_to_query(key, "101", at="2026-09-01T09:00:00-03:00")
    key = nfe("cancelled_by_query", "cancelled", event)
    world.answer_to_query(key, "151", at=AT)
    key = nfe("cancelled_by_summary", "cancelled", "2026-11-30 23:59:59+00", status=None)
    world.summary(key, "3", on=AUGUST)
    key = nfe("authorised_by_summary", "authorised", issued, status=None)
    world.summary(key, "1", on=AUGUST)
    key = nfe("refused_cancellation", "authorised", issued)
    world.event(key, "110111", at=AT, author=SUPPLIER, status="573")
    key = nfe("replaced_by_another_nfce", "cancelled", event, model="65")
    world.event(key, "110112", at=AT, author=SUPPLIER, detail=f"<chNFeRef>{key}</chNFeRef>")
    world.event(key, "110110", at=AT, author=SUPPLIER, status="155")
    key = nfe("corrected", "authorised", issued)
    world.event(key, "110110", at=AT, author=SUPPLIER, detail="<xCorrecao>Peso 10 kg</xCorrecao>")
    world.event(
        key,
        "110110",
        at="2026-08-21T09:00:00-03:00",
        author=SUPPLIER,
        sequence=2,
        detail="<xCorrecao>Peso 12 kg</xCorrecao>",
    )

    first = cte("substituted", "substituted", issued)
    second = cte("substituted_in_turn", "substituted", issued, substitutes=first)
    cte("the_last_one", "authorised", issued, substitutes=second)
    revived = cte("substitute_cancelled", "authorised", issued)
    key = cte("cancelled_substitute", "cancelled", event, substitutes=revived)
    world.event(key, "110111", at=AT, author=CARRIER)
    key = cte("marked_as_substituted", "substituted", event)
    world.event(key, "240140", at=AT, author=CARRIER)

    carried = standings["authorised"].access_key
    key = world.mdfe(next(number), on=AUGUST, carries=carried)
    standings["closed_manifest"] = Standing(key, "authorised", issued)
    world.event(key, "110112", at=AT, author=CARRIER)
    stranger = world.cte(next(number), on=AUGUST)
    (world.root / "inbox/xml" / f"{stranger}-cte.xml").unlink()
    world.event(carried, "610600", at=AT, author=OURS, detail=f"<chCTe>{stranger}</chCTe>")
    standings["stranger"] = Standing(stranger, "", None)
    nfe("wrong_total", "authorised", issued, total="123.45")
    world.void(SUPPLIER, 8000, 8005)

    # nothing of this reaches a mart
    key = world.nfe(7001, on=AUGUST, environment="2", total="999.00")
    world.event(key, "110111", at=AT, author=SUPPLIER, environment="2")
    world.cte(7002, on=AUGUST, environment="2", substitutes=standings["authorised"].access_key)
    world.void(CUSTOMER, 7000, 7005, environment="2")
    standings["homologation"] = Standing(key, "", None)
    return standings


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("fiscal"))


@pytest.fixture(scope="module")
def standings(world: World) -> dict[str, Standing]:
    standings = build(world)
    for sample in sorted(SAMPLES.glob("*.xml")):
        (world.root / "inbox/xml" / f"sample-{sample.name}").write_bytes(sample.read_bytes())
    world.write_tables()
    run(world)
    return standings


def test_the_standing_of_every_document(world: World, standings: dict[str, Standing]) -> None:
    found = {
        key: (status, at)
        for key, status, at in world.query(
            "select access_key, sefaz_status, sefaz_status_at::varchar from marts.documents"
        )
    }
    expected = {name: (case.status, case.at) for name, case in standings.items() if case.status}
    assert {name: found[standings[name].access_key] for name in expected} == expected


def test_a_chain_of_substitutes_ends_in_the_current_one(world: World, standings: dict[str, Standing]) -> None:
    names = {case.access_key: name for name, case in standings.items()}
    chain = {
        names[str(key)]: (names.get(str(substitute)), names.get(str(current)))
        for key, substitute, current in world.query(
            "select access_key, substitute_key, current_key from marts.documents where model = '57'"
        )
        if key in names
    }
    assert chain["substituted"] == ("substituted_in_turn", "the_last_one")
    assert chain["substituted_in_turn"] == ("the_last_one", "the_last_one")
    assert chain["the_last_one"] == (None, "the_last_one")
    assert chain["substitute_cancelled"] == (None, "substitute_cancelled")


def test_a_manifest_is_closed_and_nobody_posts_it(world: World, standings: dict[str, Standing]) -> None:
    key = standings["closed_manifest"].access_key
    assert world.query(
        f"select closed_at::varchar, model from marts.documents where access_key = '{key}'"
    ) == [("2026-08-20 12:00:00+00", "58")]
    models = {model for (model,) in world.query("select distinct model from marts.sync_status")}
    assert models <= {"55", "57", "65", "67"}


def test_events_are_told_with_their_state(world: World, standings: dict[str, Standing]) -> None:
    def states(name: str) -> list[tuple[object, ...]]:
        return world.query(
            f"""
            select event_type, sequence, state, answer_code, is_in_force from marts.document_events
            where access_key = '{standings[name].access_key}' order by event_type, sequence
            """
        )

    assert states("cancelled") == [("110111", 1, "registered", "155", True)]
    assert states("refused_cancellation") == [("110111", 1, "refused", "573", False)]
    assert states("corrected") == [
        ("110110", 1, "registered", "135", False),
        ("110110", 2, "registered", "135", True),
    ]
    assert states("epec") == [("110140", 1, "registered", "136", True)]
    assert states("replaced_by_another_nfce") == [
        ("110110", 1, "refused", "155", False),
        ("110112", 1, "registered", "135", True),
    ]


def test_links_from_documents_and_from_events(world: World, standings: dict[str, Standing]) -> None:
    carried = standings["authorised"].access_key
    assert world.query(
        f"""
        select access_key, kind, told_by, has_document from marts.document_links
        where linked_key = '{carried}' order by kind
        """
    ) == [
        (standings["closed_manifest"].access_key, "carries", "document", True),
        (standings["stranger"].access_key, "transports", "event", False),
    ]


def test_void_numbers(world: World, standings: dict[str, Standing]) -> None:
    assert world.query(
        f"""
        select model, series, first_number, last_number, year, numbers, justification from marts.voided_numbers
        where issuer_id = '{SUPPLIER}' and first_number = 8000
        """
    ) == [("55", 1, 8000, 8005, 2026, 6, "Numeracao pulada por erro")]


def test_a_broken_rule_is_a_row_and_a_warning(world: World, standings: dict[str, Standing]) -> None:
    key = standings["wrong_total"].access_key
    assert world.query(
        f"""
        select rule, item, severity, found_amount::varchar, expected_amount::varchar, difference::varchar, is_authorised
        from marts.document_rule_breaks where access_key = '{key}'
        """
    ) == [("nfe_total", "", "error", "123.45", "100.00", "23.45", True)]
    assert world.query(
        "select status, severity from quality.check_results join quality.checks using (check_name)"
        " where check_name = 'document_rule_nfe_total'"
    ) == [("warned", "warn")]
    assert world.query(
        f"select count(*) from quality.check_failures where check_name = 'document_rule_nfe_total' and failing_key = '{key}'"
    ) == [(1,)]
    whole = [case.access_key for case in standings.values() if case.access_key != key]
    assert (
        world.query(
            f"select access_key, rule from marts.document_rule_breaks where access_key in {tuple(whole)}"
        )
        == []
    )


def test_every_kind_of_document_has_its_rows(world: World, standings: dict[str, Standing]) -> None:
    models = {model for (model,) in world.query("select distinct model from marts.documents")}
    assert models == {"55", "57", "58", "64", "65", "67"}
    for table in (
        "document_items",
        "document_taxes",
        "document_instalments",
        "document_payments",
        "document_components",
        "document_tolls",
        "document_parties",
    ):
        [(rows,)] = world.query(f"select count(*) from marts.{table}")
        assert rows, table
    assert world.query(
        "select count(*) from marts.document_parties"
        " where tax_id_type = 'CNPJ' and company_root is distinct from left(tax_id, 8)"
    ) == [(0,)]
    assert world.query(
        "select count(*) from marts.document_links where told_by = 'event' and kind = 'transports'"
    ) != [(0,)]


def test_homologation_reaches_no_mart(world: World, standings: dict[str, Standing]) -> None:
    key = standings["homologation"].access_key
    tables = world.query(
        """
        select table_name, column_name from information_schema.columns
        where table_schema = 'marts' and column_name in ('access_key', 'linked_key', 'substitute_key', 'entity_key')
        """
    )
    assert len(tables) >= 15
    found = [
        (table, column)
        for table, column in tables
        if world.query(f"select 1 from marts.{table} where {column} = '{key}' limit 1")
    ]
    assert found == []
    assert world.query("select 1 from marts.voided_numbers where first_number = 7000") == []
    assert world.query("select 1 from marts.documents where number in (7001, 7002)") == []


def test_halves_that_arrive_apart_say_the_same(
    tmp_path: Path, world: World, standings: dict[str, Standing]
) -> None:
    """Answers, events and summaries first and their documents in a second run, against everything at once."""
    other = World(tmp_path)
    build(other)
    inbox = other.root / "inbox/xml"
    late = [
        path for path in sorted(inbox.iterdir()) if path.name.endswith(("-nfe.xml", "-cte.xml", "-mdfe.xml"))
    ]
    for path in late:
        path.rename(tmp_path / path.name)
    other.write_tables()
    run(other)
    for path in late:
        (tmp_path / path.name).rename(path)
    run(other)
    keys = tuple(case.access_key for case in standings.values())
    for table in ("documents", "document_events", "document_links"):
        sql = f"select * from marts.{table} where access_key in {keys} order by all"
        assert other.query(sql) == world.query(sql), table
