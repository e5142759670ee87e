"""A small system of two tables, and a workspace's worth of runs over the files that it exports."""

import csv
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contracts import Contracts, read_contracts
from ingestion.load import SourceResult, load_source
from ingestion.marked_yaml import Place
from ingestion.store import Run, Store, StreamResult
from ingestion.workspace import Source

SOURCES_YML = """
version: 2
sources:
  - name: raw_protheus
    config:
      meta:
        system: protheus
        row_id: R_E_C_N_O_
        deleted_flag: D_E_L_E_T_
        deleted_value: "*"
        changed_at: S_T_A_M_P_
        inserted_at: I_N_S_D_T_
        physical_name: "{alias}{company}0"
    tables:
      - name: se1
        description: One row per receivable.
        config: {meta: {native: SE1, key: [E1_FILIAL, E1_NUM], business_date: E1_EMIS1, amount: E1_VALOR}}
        columns:
          - {name: E1_FILIAL, data_type: text}
          - {name: E1_NUM, data_type: text}
          - {name: E1_EMIS1, data_type: date}
          - {name: E1_VALOR, data_type: "decimal(18,2)"}
      - name: se5
        description: One row per movement.
        config: {meta: {native: SE5, key: [R_E_C_N_O_], amount: E5_VALOR}}
        columns:
          - {name: E5_VALOR, data_type: "decimal(18,2)"}
          - {name: E5_HORA, data_type: timestamp}
"""

FISCAL_YML = """
version: 2
sources:
  - name: raw_fiscal_xml
    config: {meta: {system: fiscal_xml}}
    tables:
      - name: documents
        columns:
          - {name: _content_sha256, data_type: text}
          - {name: access_key, data_type: text}
          - {name: environment, data_type: text}
      - {name: protocols, columns: [{name: access_key, data_type: text}]}
      - {name: events, columns: [{name: access_key, data_type: text}]}
      - {name: summaries, columns: [{name: access_key, data_type: text}]}
      - name: payloads
        columns:
          - {name: path, data_type: text}
          - {name: documents, data_type: bigint}
      - name: files
        columns:
          - {name: path, data_type: text}
          - {name: size, data_type: bigint}
          - {name: mtime_ns, data_type: bigint}
          - {name: ctime_ns, data_type: bigint}
          - {name: sha256, data_type: text}
          - {name: state, data_type: text}
          - {name: payloads, data_type: bigint}
          - {name: quarantined, data_type: bigint}
          - {name: duplicates, data_type: bigint}
"""

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST_AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def write_contracts(models_dir: Path, **systems: str) -> Contracts:
    """The contracts of these sources YAMLs, by system."""
    for system, text in systems.items():
        folder = models_dir / "staging" / system
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"_{system}__sources.yml").write_text(textwrap.dedent(text), encoding="utf-8")
    return read_contracts(models_dir)


def csv_text(rows: Sequence[Mapping[str, Any]], *, delimiter: str = ",") -> str:
    """Rows as a CSV file with the columns of the first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@dataclass
class World:
    """A source of exported tables and the runs over it; each run is a day later than the one before."""

    root: Path
    contracts: Contracts
    runs: int = 0
    now: datetime = NOW
    system: str = "protheus"
    pauses: list[float] = field(default_factory=list)
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        folder = self.root / "exports"
        folder.mkdir()
        place = Place(self.root / "confere.yml", 1, "sources[0].name")
        self.source = Source("erp", self.system, "01", None, folder, frozenset(), None, place)

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of the export folder."""
        path = self.source.folder / name  # type: ignore[operator]
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def deliver(self, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        """A CSV file with these rows."""
        return self.write(name, csv_text(rows))

    def allow_empty(self, *tables: str) -> None:
        self.source = replace(self.source, allow_empty=frozenset(tables))

    def clock(self) -> datetime:
        return self.now

    def open(self, *, software_version: str = "test") -> Store:
        return Store.open(self.warehouse, contracts=self.contracts, software_version=software_version)

    def start(self, store: Store, *, as_of: datetime | None = None, full: bool = False) -> Run:
        self.runs += 1
        return store.start_run(
            run_id=f"run{self.runs}",
            command="run",
            as_of=as_of or FIRST_AS_OF + timedelta(days=self.runs - 1),
            started_at=NOW + timedelta(hours=self.runs),
            full=full,
        )

    def run(self, *, as_of: datetime | None = None, **options: Any) -> SourceResult:
        """One run over the source."""
        with self.open() as store:
            run = self.start(store, as_of=as_of, full=options.get("full", False))
            result = load_source(
                self.source,
                store=store,
                contracts=self.contracts,
                run=run,
                archive_dir=self.root / "archive" / "xml",
                clock=self.clock,
                # nothing is waited for, only noted
                **{"pause": self.pauses.append, **options},
            )
            store.finish_run(run, status="succeeded", finished_at=self.now)
        return result

    def load(self, stream: str, **options: Any) -> StreamResult:
        """One run over the source; what came of one table."""
        return {result.stream: result for result in self.run(**options).streams}[stream]

    def query(self, sql: str) -> list[Any]:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def live(self, table: str, columns: str) -> list[Any]:
        """The rows that count now, in order."""
        return self.query(
            f"select {columns} from raw_{self.system}.{table}"
            " where _superseded_at is null and not _is_deleted order by all"
        )

    def versions(self, table: str, columns: str = "_row_id, _version, _is_deleted") -> list[Any]:
        return self.query(f"select {columns} from raw_{self.system}.{table} order by _version")

    def stages(self, stream: str, *, source: str = "erp") -> dict[str, tuple[int, Decimal | None, int]]:
        """The control totals of the last run by stage: rows, sum of amounts, sum of key hashes."""
        rows = self.query(
            "select stage, row_count, amount_total, key_hash::hugeint from quality.completeness"
            f" where source = '{source}' and stream = '{stream}' and run_id = 'run{self.runs}'"
        )
        return {stage: tuple(totals) for stage, *totals in rows}


def assert_ties(world: World, stream: str, *, source: str = "erp") -> None:
    """What the source holds is stored, in quarantine, or wholly equal to what is stored; nothing twice.

    And store and held together are what stands live in the store.
    """
    stages = world.stages(stream, source=source)
    kept = [stages[stage] for stage in ("store", "quarantine", "duplicate") if stage in stages]
    assert stages["source"] == (
        sum(rows for rows, *_ in kept),
        sum((amount for _, amount, _ in kept if amount is not None), Decimal()) if any_amount(kept) else None,
        sum(key_hash for *_, key_hash in kept),
    ), stages
    table = world.contracts.table(world.system, stream)
    ((live,),) = world.query(
        f"select count(*) from {table.schema}.{table.name}"
        f" where _source = '{source}' and _superseded_at is null and not _is_deleted"
    )
    assert live == stages["store"][0] + stages.get("held", (0,))[0]


def any_amount(totals: Sequence[tuple[int, Decimal | None, int]]) -> bool:
    """Whether any of the totals has an amount."""
    return any(amount is not None for _, amount, _ in totals)
