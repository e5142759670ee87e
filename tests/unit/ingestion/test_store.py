"""The store: runs, settings, schema evolution, fiscal contents, quarantine, checks, and who may open it."""

import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts import Contracts
from ingestion.documents import ContentIndex
from ingestion.errors import ClockWentBack, ContractError, StoreBusy
from ingestion.store import (
    Check,
    CheckResult,
    Completeness,
    FiscalRows,
    Refusal,
    Waiver,
)
from ingestion.workspace import Workspace, read_workspace
from tests.unit.ingestion.world import (
    FIRST_AS_OF,
    FISCAL_YML,
    NOW,
    SOURCES_YML,
    World,
    assert_ties,
    write_contracts,
)

SETTINGS = """
companies:
  - name: Comercial Aurora
    branches:
      - {cnpj: "12345678000195", uf: SP, code: "01"}
      - {cnpj: "12345678000276", uf: PR, codes: {erp: "02"}}
    sync_activated_on: 2026-01-05
sources:
  - {name: erp, system: protheus, company: "01", folder: exports}
  - {name: xml, system: fiscal_xml, folder: inbox/xml}
tolerances: {document: "0.05"}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "confere.yml").write_text(SETTINGS)
    return read_workspace(tmp_path, environ={})


def test_every_raw_table_exists_and_is_empty(world: World) -> None:
    world.open().close()
    tables = world.query(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema like 'raw_%' order by all"
    )
    assert ("raw_protheus.se1",) in tables
    assert ("raw_fiscal_xml.payloads",) in tables
    assert ("raw_settings.clock",) in tables
    described = world.query("select column_name, data_type from duckdb_columns() where table_name = 'se1'")
    assert described[:5] == [
        ("_source", "VARCHAR"),
        ("_table", "VARCHAR"),
        ("_key", "VARCHAR"),
        ("_row_id", "VARCHAR"),
        ("_version", "BIGINT"),
    ]
    assert described[-4:] == [
        ("E1_NUM", "VARCHAR"),
        ("E1_EMIS1", "DATE"),
        ("E1_VALOR", "DECIMAL(18,2)"),
        ("R_E_C_N_O_", "BIGINT"),
    ]


def test_a_second_process_is_told_who_has_the_store(world: World) -> None:
    world.open().close()
    script = """
        import sys, duckdb
        connection = duckdb.connect(sys.argv[1])
        print("open", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(world.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreBusy, match=f"process {other.pid}"):
            world.open()
        other.communicate("")


# runs ------------------------------------------------------------------------------------------------


def test_a_run_that_a_crash_left_open_is_closed_by_the_next(world: World) -> None:
    with world.open() as store:
        world.start(store)
    with world.open() as store:
        run = world.start(store)
        store.finish_run(run, status="succeeded", finished_at=NOW, fingerprint="f")
        last = store.last_run()
        crashed = store.last_run(status="crashed")
    assert last is not None
    assert crashed is not None
    assert (last.run_id, last.status, last.fingerprint) == ("run2", "succeeded", "f")
    assert (crashed.run_id, crashed.finished_at) == ("run1", None)


def test_the_clock_goes_back_only_in_a_full_run(world: World) -> None:
    world.deliver("SE1.csv", [{"E1_FILIAL": "01", "E1_NUM": "A", "E1_VALOR": "1"}])
    world.run()
    world.deliver("SE1.csv", [{"E1_FILIAL": "01", "E1_NUM": "A", "E1_VALOR": "2"}])
    world.run()
    before = FIRST_AS_OF - timedelta(days=30)
    recorded = "_version, _recorded_at, _superseded_at"
    known = world.versions("se1", recorded)
    with world.open() as store:
        with pytest.raises(ClockWentBack, match="--full"):
            world.start(store, as_of=before)
        world.start(store, as_of=before, full=True)
        world.start(store, as_of=before + timedelta(days=1))
    assert world.versions("se1", recorded) == known, "what was recorded keeps its times"


def test_settings_become_tables_and_are_replaced(world: World, workspace: Workspace) -> None:
    waiver = Waiver("m1", "known", date(2026, 12, 31), NOW)
    with world.open() as store:
        run = world.start(store)
        store.replace_settings(workspace, run=run, waivers=[waiver])
        store.replace_settings(workspace, run=run, waivers=[waiver])
    tables = {
        name: world.query(f"from raw_settings.{name} order by all")
        for name in ("companies", "branches", "branch_codes", "sources", "waivers", "clock", "tolerances")
    }
    assert tables["companies"] == [("Comercial Aurora", date(2026, 1, 5))]
    assert tables["branches"] == [
        ("Comercial Aurora", "12345678000195", "SP"),
        ("Comercial Aurora", "12345678000276", "PR"),
    ]
    assert tables["branch_codes"] == [
        ("erp", "01", "12345678000195"),
        ("erp", "02", "12345678000276"),
        ("xml", "01", "12345678000195"),
    ]
    assert tables["sources"] == [("erp", "protheus", "01", None), ("xml", "fiscal_xml", None, None)]
    assert tables["waivers"] == [("m1", "known", date(2026, 12, 31), NOW)]
    assert tables["clock"] == [(FIRST_AS_OF, "run1")]
    assert ("document", Decimal("0.05")) in tables["tolerances"]
    assert ("title", Decimal("0.01")) in tables["tolerances"]


def test_the_fingerprint_changes_with_all_that_can_change_the_result(
    world: World, workspace: Workspace
) -> None:
    def fingerprint(settings: Workspace = workspace, *, software_version: str = "1", **options: Any) -> str:
        with world.open(software_version=software_version) as store:
            run = world.start(store, as_of=options.pop("as_of", FIRST_AS_OF))
            store.replace_settings(settings, run=run, **options)
            return store.fingerprint()

    said = [fingerprint()]
    assert fingerprint() == said[0], "a run alone changes nothing"
    said.append(fingerprint(software_version="2"))
    said.append(fingerprint(waivers=[Waiver("m", "r", date(2027, 1, 1), NOW)]))
    said.append(fingerprint(replace(workspace, companies=())))
    world.deliver("SE1.csv", [{"E1_FILIAL": "01", "E1_NUM": "A", "E1_VALOR": "1"}])
    world.run(as_of=FIRST_AS_OF)
    said.append(fingerprint())
    with world.open() as store:
        store.append_fiscal(fiscal_rows("a"), source="xml", run=world.start(store, as_of=FIRST_AS_OF))
    said.append(fingerprint())
    assert len(set(said)) == len(said)
    assert fingerprint(as_of=FIRST_AS_OF + timedelta(days=1)) == said[-1], "the clock is told apart"


# contracts that change -------------------------------------------------------------------------------


@pytest.fixture
def evolved(tmp_path: Path) -> Callable[[str, str], Contracts]:
    def contracts(old: str, new: str) -> Contracts:
        assert old in SOURCES_YML
        return write_contracts(tmp_path / "m", protheus=SOURCES_YML.replace(old, new), fiscal_xml=FISCAL_YML)

    return contracts


COLUMN = "- {name: E1_NUM, data_type: text}"


def test_a_column_that_becomes_declared_is_filled_from_what_was_kept(
    world: World, evolved: Callable[[str, str], Contracts]
) -> None:
    rows = [{"E1_FILIAL": "01", "E1_NUM": "A", "e1_saldo": "7.50", "E1_XNOME": "Ana"}]
    world.deliver("SE1.csv", rows)
    world.run()
    saldo = '- {name: E1_SALDO, data_type: "decimal(18,2)"}'
    world.contracts = evolved(COLUMN, f"{COLUMN}\n          {saldo}")
    world.open().close()
    assert world.live("se1", '"E1_SALDO", _extra::varchar') == [(Decimal("7.50"), '{"E1_XNOME":"Ana"}')]
    result = world.load("SE1")
    assert (result.mode, result.changed, result.extra_columns) == ("full", False, ("E1_XNOME",))


def test_a_declared_type_may_widen_and_must_hold_what_is_stored(
    world: World, evolved: Callable[[str, str], Contracts]
) -> None:
    world.deliver("SE1.csv", [{"E1_FILIAL": "01", "E1_NUM": "A", "E1_VALOR": "7.50"}])
    world.run()
    world.contracts = evolved('E1_VALOR, data_type: "decimal(18,2)"', 'E1_VALOR, data_type: "decimal(20,4)"')
    assert not world.load("SE1").changed
    world.contracts = evolved("E1_NUM, data_type: text", "E1_NUM, data_type: bigint")
    with pytest.raises(ContractError, match=r"protheus\.SE1.*E1_NUM"):
        world.open()


def test_hashes_of_another_duckdb_are_made_anew(world: World) -> None:
    world.deliver("SE1.csv", [{"E1_FILIAL": "01", "E1_NUM": "A", "E1_VALOR": "7.50"}])
    world.run()
    with duckdb.connect(str(world.warehouse)) as connection:
        connection.execute("update raw_protheus.se1 set _row_hash = 'OTHER'")
        connection.execute("update quality.store_state set contracts = 'OTHER'")
    assert not world.load("SE1", full=True).changed


# fiscal ----------------------------------------------------------------------------------------------


def fiscal_rows(*contents: str, units: int = 1, path: str = "a.xml", **rest: Any) -> FiscalRows:
    """A batch of payloads with so many documents each."""
    documents = [(content, number) for content in contents for number in range(units)]
    tables: Mapping[str, pa.Table] = {
        "payloads": pa.table(
            {
                "_content_sha256": pa.array(contents, pa.string()),
                "_ordinal": pa.array([0] * len(contents), pa.int32()),
                "path": pa.array([path] * len(contents), pa.string()),
                "documents": pa.array([units] * len(contents), pa.int64()),
            }
        ),
        "documents": pa.table(
            {
                "_content_sha256": pa.array([content for content, _ in documents], pa.string()),
                "_ordinal": pa.array([number for _, number in documents], pa.int32()),
                "access_key": pa.array([f"{content}{number}" for content, number in documents], pa.string()),
                "environment": pa.array(
                    ["2" if content == "f" else "1" for content, _ in documents], pa.string()
                ),
            }
        ),
    }
    columns = ("size", "mtime_ns", "ctime_ns", "payloads", "quarantined", "duplicates")
    files = pa.table(
        {"path": [path], "sha256": ["f"], "state": ["read"]}
        | {name: pa.array([1], pa.int64()) for name in columns}
    )
    return FiscalRows(tables, files, **{"places": [path], **rest})


def test_a_content_is_stored_once_whatever_the_source(world: World) -> None:
    with world.open() as store:
        run = world.start(store)
        store.append_fiscal(fiscal_rows("a", "b"), source="xml", run=run)
        store.append_fiscal(fiscal_rows("b", "c", path="b.xml"), source="other", run=run)
        assert store.known_contents(["a", "c", "e"]) == {"a", "c"}
        assert store.known_files("xml").to_pylist() == [
            {"path": "a.xml", "size": 1, "mtime_ns": 1, "ctime_ns": 1}
        ]
        assert store.fiscal_totals(run, source="xml") == (2, 0)
    assert world.query(
        "select _source, _content_sha256, access_key from raw_fiscal_xml.documents order by all"
    ) == [
        ("other", "c", "c0"),
        ("xml", "a", "a0"),
        ("xml", "b", "b0"),
    ]
    assert world.query(
        "select distinct _recorded_at, _extraction_id from raw_fiscal_xml.documents order by all"
    ) == [
        (FIRST_AS_OF, "run1:other:files"),
        (FIRST_AS_OF, "run1:xml:files"),
    ]


def test_units_read_later_join_those_that_are_stored(world: World) -> None:
    with world.open() as store:
        run = world.start(store)
        store.append_fiscal(fiscal_rows("a", "f"), source="xml", run=run)
        replaced = store.replace_fiscal(
            fiscal_rows("a", units=3),
            contents=(),
            names=("documents", "payloads"),
            source="xml",
            stream="files",
            run=run,
        )
        assert replaced == 1
        assert store.fiscal_totals(run, source="xml") == (4, 1)
    assert world.query("select access_key from raw_fiscal_xml.documents order by all") == [
        ("a0",), ("a1",), ("a2",), ("f0",),
    ]  # fmt: skip
    assert world.query("select _content_sha256, documents from raw_fiscal_xml.payloads order by all") == [
        ("a", 3),
        ("f", 1),
    ]


def test_a_file_that_is_read_again_replaces_its_row_and_resolves_its_refusals(world: World) -> None:
    refusals = [Refusal(f"{name}!x#1", "not_xml", "?", "5a", "sha256:5a") for name in ("a.xml", "b.xml")]
    with world.open() as store:
        run = world.start(store)
        store.append_fiscal(fiscal_rows("a", refusals=refusals), source="xml", run=run)
        assert [entry.place for entry in store.open_quarantine(source="xml")] == ["a.xml!x#1", "b.xml!x#1"]
        run = world.start(store)
        store.append_fiscal(fiscal_rows("b"), source="xml", run=run)
        assert [entry.place for entry in store.open_quarantine(reason="not_xml")] == ["b.xml!x#1"]
        assert store.known_files("xml").num_rows == 1


def test_what_goes_wrong_within_a_batch_undoes_all_of_it(world: World) -> None:
    rows = fiscal_rows("a")
    broken = FiscalRows({**rows.tables, "nonsense": rows.tables["documents"]}, rows.files)
    with world.open() as store:
        run = world.start(store)
        with pytest.raises(duckdb.CatalogException):
            store.append_fiscal(broken, source="xml", run=run)
        assert store.known_contents(["a"]) == frozenset()
        assert store.known_files("xml").num_rows == 0


def test_a_unit_that_is_read_again_keeps_its_first_time_and_place(world: World) -> None:
    with world.open() as store:
        store.append_fiscal(fiscal_rows("a", "b"), source="xml", run=world.start(store))
        run = world.start(store)
        replaced = store.replace_fiscal(
            fiscal_rows("a", "c", units=2, path="elsewhere.xml"),
            contents=(),
            names=("documents", "payloads"),
            source="xml",
            stream="archive",
            run=run,
        )
        assert replaced == 1
        assert store.fiscal_totals(run, source="xml", stream="archive") == (4, 0)
    second = FIRST_AS_OF + timedelta(days=1)
    assert world.query(
        "select access_key, _recorded_at, _extraction_id from raw_fiscal_xml.documents order by all"
    ) == [
        ("a0", FIRST_AS_OF, "run2:xml:archive"),
        ("a1", second, "run2:xml:archive"),
        ("b0", FIRST_AS_OF, "run1:xml:files"),
        ("c0", second, "run2:xml:archive"),
        ("c1", second, "run2:xml:archive"),
    ]
    assert world.query(
        "select _content_sha256, path, _recorded_at from raw_fiscal_xml.payloads order by all"
    ) == [
        ("a", "a.xml", FIRST_AS_OF),
        ("b", "a.xml", FIRST_AS_OF),
        ("c", "elsewhere.xml", second),
    ]


def test_of_a_content_that_is_refused_now_nothing_is_left(world: World) -> None:
    refusal = Refusal("a.xml", "not_xml", "?", "a")
    with world.open() as store:
        store.append_fiscal(fiscal_rows("a", "b"), source="xml", run=world.start(store))
        rows = fiscal_rows("a")
        replaced = store.replace_fiscal(
            FiscalRows({}, rows.files.slice(0, 0), [refusal]),
            contents=["a"],
            names=("documents", "payloads"),
            source="xml",
            stream="archive",
            run=world.start(store),
        )
        assert replaced == 1
        assert store.known_contents(["a", "b"]) == {"b"}
        assert [entry.place for entry in store.open_quarantine()] == ["a.xml"]
        store.forget_contents(["b"], names=("documents", "payloads"))
    assert world.query("select count(*) from raw_fiscal_xml.documents") == [(0,)]


def test_a_load_of_many_batches_is_committed_piece_by_piece(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.documents.PAYLOADS_PER_TRANSACTION", 2)
    with world.open() as store:
        run = world.start(store)

        def load() -> None:
            with store.bulk() as bulk:
                for content in "abc":
                    store.append_fiscal(fiscal_rows(content, path=content), source="xml", run=run)
                    bulk.stored(1)
                raise MemoryError

        with pytest.raises(MemoryError):
            load()
        assert store.known_contents("abc") == {"a", "b"}
        store.append_fiscal(fiscal_rows("c", path="c"), source="xml", run=run)
    assert world.query("select count(*), count(distinct path) from raw_fiscal_xml.files") == [(3, 3)]


@settings(max_examples=30, deadline=None)
@given(batches=st.lists(st.sets(st.text("abcdef01", min_size=1, max_size=3), max_size=30), max_size=8))
def test_an_index_of_contents_misses_none(batches: list[set[str]]) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema raw_fiscal_xml")
        connection.execute("create table raw_fiscal_xml.payloads (_content_sha256 varchar)")
        connection.executemany("insert into raw_fiscal_xml.payloads values (?)", [("77",), ("0",)])
        index = ContentIndex(connection)
        added = {"77", "0"}
        for batch in batches:
            assert set(index.candidates(batch)) >= batch & added
            index.add(batch)
            added |= batch
        assert set(index.candidates(added)) == added
        assert index.candidates(["99"]) == []


# quality ---------------------------------------------------------------------------------------------


def test_refusals_count_their_attempts_and_are_resolved_when_tried_with_success(world: World) -> None:
    refusals = [Refusal(place, "too_large", "d", "c") for place in ("a", "b")]
    with world.open() as store:
        run = world.start(store)
        store.keep_refusals(run, source="xml", stream="files", refusals=refusals)
        tried = [entry.quarantine_id for entry in store.open_quarantine()]
        run = world.start(store)
        store.keep_refusals(run, source="xml", stream="files", refusals=refusals[:1])
        store.resolve(run, source="xml", stream="files", tried=tried)
    rows = world.query(
        "select place, attempts, first_seen_at, last_seen_at, resolved_at"
        " from quality.quarantine order by all"
    )
    second = FIRST_AS_OF + timedelta(days=1)
    assert rows == [("a", 2, FIRST_AS_OF, second, None), ("b", 1, FIRST_AS_OF, FIRST_AS_OF, second)]


def test_checks_and_totals_of_a_run_replace_those_said_before(world: World) -> None:
    check = Check("c", "dbt", "marts.documents", "error", "One row per key.")
    failed = CheckResult("c", "failed", 2, NOW, "2 rows", [("k1", {"n": Decimal("1.10")}), ("k2", {})])
    with world.open() as store:
        run = world.start(store)
        store.record_checks(run, [check], [failed])
        store.record_checks(
            run, [replace(check, severity="warn")], [replace(failed, failures=1, failing=[("k3", {})])]
        )
        store.record_completeness(run, [Completeness("xml", "files", "mart", 1)])
        store.record_completeness(run, [Completeness("xml", "files", "mart", 3, Decimal("1.50"), "9")])
    assert world.query("select severity from quality.checks") == [("warn",)]
    assert world.query("select run_id, check_name, status, failures from quality.check_results") == [
        ("run1", "c", "failed", 1)
    ]
    assert world.query("select failing_key, detail from quality.check_failures") == [("k3", "{}")]
    assert world.query("from quality.completeness") == [
        ("run1", "xml", "files", "mart", 3, Decimal("1.50"), "9")
    ]


def test_a_store_of_an_older_layout_is_brought_up(world: World) -> None:
    """What was refused before is told with its key and amount after the next reading."""
    world.deliver("SE1.csv", [{"E1_FILIAL": "01", "E1_NUM": "A", "E1_VALOR": "7.505"}])
    world.run()
    with duckdb.connect(str(world.warehouse)) as connection:
        connection.execute("alter table quality.extractions drop column row_total")
        for column in ("row_id", "entity_key", "amount", "is_deleted", "is_surplus"):
            connection.execute(f"alter table quality.quarantine drop column {column}")
        connection.execute("update quality.store_state set contracts = 'OLDER'")
    assert world.load("SE1", full=True).rows_quarantined == 1
    assert world.query("select entity_key, amount, attempts from quality.quarantine") == [
        ("erp|SE1|01|A", Decimal("7.51"), 2)
    ]
    assert_ties(world, "SE1")
