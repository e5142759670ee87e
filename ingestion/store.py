"""The warehouse file: the only module that opens DuckDB for writing (dbt apart).

Holds runs, the extraction log, settings as tables, quarantine, checks and control totals, and the
transactions in which raw rows come in. No parsing, no connection to a source's own driver and no business
rule belongs here.
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from ingestion.contracts import Contracts, TableContract
from ingestion.control_totals import Totals
from ingestion.delivery import Attachment, Content, Delivery, Watermark
from ingestion.documents import FILES_STREAM, REREAD_STREAM, Bulk, Documents
from ingestion.duckdb_extensions import load_extension
from ingestion.errors import ClockWentBack, StoreBusy
from ingestion.records import (
    Check,
    CheckResult,
    Completeness,
    FiscalRows,
    PastRun,
    Quarantined,
    Refusal,
    Run,
    StreamResult,
    StreamState,
    Waiver,
)
from ingestion.repeated_rows import DUPLICATE_KEY
from ingestion.schema import SETTINGS_TABLES, bring_into_shape
from ingestion.sql import literal, quoted, registered, text_column
from ingestion.verdicts import Verdicts
from ingestion.versions import MALFORMED_LINE, Merge, RowsMissed
from ingestion.workspace import Workspace

__all__ = [
    "DUPLICATE_KEY",
    "FILES_STREAM",
    "MALFORMED_LINE",
    "REREAD_STREAM",
    "Check",
    "CheckResult",
    "Completeness",
    "FiscalRows",
    "PastRun",
    "Quarantined",
    "Refusal",
    "RowsMissed",
    "Run",
    "Store",
    "StreamResult",
    "StreamState",
    "Waiver",
]

MEMORY_LIMIT: Final = "256MB"
"""DuckDB's share while rows come in: what is more goes through the disk, which costs a large table little."""

TABLE_MEMORY_LIMIT: Final = "192MB"
"""The same while a table comes in: with it and a database's driver the process stays within 450 MB."""

STORAGE_VERSION: Final = "v1.5.0"
"""Of a file that is made: a third less work to write than the oldest format; nobody else opens it."""

_NO_ROW: Final = "null as row_id, null as entity_key, null as amount, null as is_deleted, null as is_surplus"
"""What quarantine knows of input that is no row of a table."""

_LOCK_HOLDER: Final = re.compile(r"PID (\d+)")

_LOG = logging.getLogger(__name__)


class Store:
    """The open warehouse. Use as a context manager; close it before anything else opens the file."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        folder: Path,
        contracts: Contracts,
        software_version: str,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._contracts = contracts
        self._software_version = software_version
        self._attached: set[str] = set()
        self._documents = Documents(connection, contracts.document_tables)
        self._verdicts = Verdicts(connection, self._documents)
        self._bulk: Bulk | None = None
        self._is_in_transaction = False

    @classmethod
    def open(cls, path: Path, *, contracts: Contracts, software_version: str) -> Self:
        """Open (or make) the warehouse and bring it into shape.

        Every raw table of `contracts` exists afterwards. Raises StoreBusy when another process has the
        file, ContractError when what is stored does not fit a contract any more.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            if not path.exists():
                _make(path)
            connection = duckdb.connect(str(path))
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            holder = _LOCK_HOLDER.search(str(error))
            who = f"process {holder[1]}" if holder else "another process"
            raise StoreBusy(
                f"{path} is open in {who}; one process writes it at a time. Wait until that is done, or "
                "close it; queries go to the published file"
            ) from error
        try:
            # what comes in has no order, and every instant is told in UTC
            connection.execute("set preserve_insertion_order = false")
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
            bring_into_shape(connection, contracts)
        except BaseException:
            connection.close()
            raise
        return cls(connection, folder=path.parent, contracts=contracts, software_version=software_version)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        self._connection.close()

    # runs ------------------------------------------------------------------------------------------------

    def start_run(
        self, *, run_id: str, command: str, as_of: datetime, started_at: datetime, full: bool = False
    ) -> Run:
        """Open a run. A run that a crash left open is closed as `crashed`: only one is ever under way.

        Raises ClockWentBack when `as_of` lies before that of the last run. A full run may go back: what was
        recorded keeps its times, and what lies after the clock does not count.
        """
        last = self.last_run()
        if last is not None and as_of < last.as_of and not full:
            raise ClockWentBack(
                f"the as-of {as_of.isoformat()} lies before that of the last run ({last.as_of.isoformat()}); "
                "only a full run (--full) may go back"
            )
        with self._transaction():
            self._execute(
                "update quality.runs set status = 'crashed', message = 'the process ended before the run did'"
                " where status = 'running'"
            )
            self._execute(
                "insert into quality.runs (run_id, command, as_of, started_at, status, software_version)"
                " values (?, ?, ?, ?, 'running', ?)",
                [run_id, command, as_of, started_at, self._software_version],
            )
        return Run(run_id, command, as_of, started_at)

    def finish_run(
        self,
        run: Run,
        *,
        status: str,
        finished_at: datetime,
        message: str | None = None,
        fingerprint: str | None = None,
        next_change_at: datetime | None = None,
    ) -> None:
        """Close a run as succeeded or failed.

        `fingerprint` tells what it was made from, `next_change_at` until when the same would come of that.
        """
        self._execute(
            "update quality.runs"
            " set status = ?, finished_at = ?, message = ?, fingerprint = ?, next_change_at = ?"
            " where run_id = ?",
            [status, finished_at, message, fingerprint, next_change_at, run.run_id],
        )

    def next_change_at(self) -> datetime:
        """The first instant after the clock at which time alone changes the marts, as the models found it."""
        found: datetime = self._rows("select next_change_at from intermediate.int_clock__horizon")[0][0]
        return found

    def last_run(self, *, status: str | None = None) -> PastRun | None:
        """The latest run, or the latest with this status."""
        rows = self._rows(
            "select run_id, command, as_of, started_at, finished_at, status, message, fingerprint"
            " from quality.runs where $1 is null or status = $1"
            " order by started_at desc, run_id desc limit 1",
            [status],
        )
        return PastRun(*rows[0]) if rows else None

    def replace_settings(self, workspace: Workspace, *, run: Run, waivers: Iterable[Waiver] = ()) -> None:
        """Replace schema raw_settings by the workspace's settings, the run's clock and the users' waivers."""
        branches = [(company, branch) for company in workspace.companies for branch in company.branches]
        content: Mapping[str, Sequence[Sequence[Any]]] = {
            "companies": [(company.name, company.sync_activated_on) for company in workspace.companies],
            "branches": [(company.name, branch.cnpj, branch.uf) for company, branch in branches],
            "branch_codes": list(workspace.branch_codes()),
            "sources": [
                (source.name, source.system, source.company, source.inflow) for source in workspace.sources
            ],
            "deadlines": list(workspace.deadlines.items()),
            "tolerances": list(workspace.tolerances.items()),
            "clock": [(run.as_of, run.run_id)],
            "waivers": [(w.mismatch_id, w.reason, w.waived_until, w.waived_at) for w in waivers],
        }
        with self._transaction():
            for table in SETTINGS_TABLES:
                self._execute(f"delete from raw_settings.{table}")
                self._insert(f"raw_settings.{table}", content[table])

    def fingerprint(self) -> str:
        """Hex digest of everything that can change the result.

        That is the stored versions and contents, what is refused, settings, contracts and software. The clock
        is told apart: `next_change_at` says how far it may go on before it changes anything.
        """
        said = self._rows("select last_version, contracts from quality.store_state")
        said += self._rows("select count(*), count(resolved_at) from quality.quarantine")
        for document in self._contracts.document_tables:
            said += self._rows(f"select count(*) from {quoted(document.schema)}.{quoted(document.name)}")
        # contents that were read again are as many as before
        said += self._rows(
            "select source, contract_fingerprint from quality.stream_state where stream = ? order by all",
            [FILES_STREAM],
        )
        for table in SETTINGS_TABLES:
            if table != "clock":
                said += self._rows(f"from raw_settings.{table} order by all")
        return hashlib.sha256(repr((self._software_version, said)).encode()).hexdigest()

    # tables ----------------------------------------------------------------------------------------------

    def spool_dir(self, source: str) -> Path:
        """Where parts of a source's tables wait for the rest; it may be deleted at any time."""
        return self._folder / "spool" / source

    def stream_state(self, source: str, stream: str) -> StreamState | None:
        """How a stream was taken the last time it could be; None when it never was."""
        rows = self._rows(
            "select contract_fingerprint, size, mtime_ns, ctime_ns, sha256, watermark"
            " from quality.stream_state where source = ? and stream = ?",
            [source, stream],
        )
        if not rows:
            return None
        fingerprint, *content, watermark = rows[0]
        return StreamState(
            contract_fingerprint=fingerprint,
            content=None if content[-1] is None else Content(*content),
            watermark=None if watermark is None else Watermark.from_text(watermark),
        )

    def last_status(self, source: str, stream: str) -> str | None:
        """The status of a stream's last extraction; None when there was none."""
        rows = self._rows(
            "select status from quality.extractions where source = ? and stream = ?"
            " order by started_at desc limit 1",
            [source, stream],
        )
        return rows[0][0] if rows else None

    def merge(
        self,
        delivery: Delivery,
        *,
        contract: TableContract,
        source: str,
        run: Run,
        mode: str,
        clock: Callable[[], datetime],
        content: Content | None = None,
        identities: Delivery | None = None,
        allow_empty: bool = False,
        replayed: Collection[str] = (),
    ) -> StreamResult:
        """Merge a delivered table into its versions and log the extraction: one transaction, all or nothing.

        `content` is the state of the file that it came from, `identities` every row that the source holds (a
        sweep), `replayed` the quarantine entries that the rows come from (a replay: how far the table was
        read stays as it is). Raises DeliveryError, RowsMissed (see `Merge`) and duckdb.Error when the source
        fails on the way.
        """
        started_at = clock()
        for attachment in {delivery.attachment, identities.attachment if identities else None}:
            if attachment is not None:
                self._attach(attachment)
        state = self.stream_state(source, contract.native)
        before = None if state is None else state.watermark
        ((last_version,),) = self._rows("select last_version from quality.store_state")
        merge = Merge(
            self._connection,
            contract=contract,
            source=source,
            extraction_id=_extraction_id(run, source, contract.native),
            as_of=run.as_of,
        )
        self._execute(f"set memory_limit = '{TABLE_MEMORY_LIMIT}'")
        try:
            with self._transaction():
                merged = merge.run(
                    delivery,
                    identities=identities,
                    allow_empty=allow_empty,
                    is_replay=bool(replayed),
                    last_version=last_version,
                )
                result = merged.result(source=source, stream=contract.native, mode=mode, delivery=delivery)
                # what changed while it was read may have been passed by already
                watermark = merged.watermark.advanced_from(before, now=delivery.began_at or clock())
                self._execute("update quality.store_state set last_version = ?", [merged.last_version])
                self._upsert_quarantine(run, source=source, stream=contract.native, rows=merge.refused_rows)
                self.resolve(run, source=source, stream=contract.native, tried=replayed)
                self._resolve(
                    run,
                    source=source,
                    stream=contract.native,
                    condition=merge.settled(is_whole=delivery.is_whole),
                )
                totals = merge.totals()
                if not replayed:
                    self._keep_state(result, contract=contract, content=content, watermark=watermark)
                self._log(
                    result,
                    run=run,
                    started_at=started_at,
                    finished_at=clock(),
                    watermarks=(before, watermark),
                    totals=totals.source,
                )
                self.record_completeness(run, totals.completeness(source, contract.native))
        except duckdb.Error:
            # a broken connection stays broken; the next table gets a fresh one
            self._detach_all()
            raise
        finally:
            self._execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        merge.forget()
        delivery.settled()
        return result

    def note(
        self,
        result: StreamResult,
        *,
        run: Run,
        started_at: datetime,
        finished_at: datetime,
        content: Content | None = None,
    ) -> None:
        """Log an extraction that brought no rows of a table (unchanged, absent, error), or that of `files`.

        The control totals of the last extraction are carried over, since what is stored is what it was.
        `content` keeps the stamps of a file that was touched and not changed.
        """
        with self._transaction():
            self._log(result, run=run, started_at=started_at, finished_at=finished_at)
            if content is not None:
                self._execute(
                    "update quality.stream_state set size = ?, mtime_ns = ?, ctime_ns = ?, sha256 = ?"
                    " where source = ? and stream = ?",
                    [*_content_values(content), result.source, result.stream],
                )
            self._execute(
                """insert or ignore into quality.completeness
                    select ?, source, stream, stage, row_count, amount_total, key_hash
                    from quality.completeness where source = $2 and stream = $3 and run_id = (
                        select c.run_id from quality.completeness as c join quality.runs as r using (run_id)
                        where c.source = $2 and c.stream = $3 order by r.started_at desc limit 1)""".replace(
                    "?", "$1"
                ),
                [run.run_id, result.source, result.stream],
            )

    # fiscal XML ------------------------------------------------------------------------------------------

    def known_files(self, source: str) -> pa.Table:
        """The files read before: path, size, mtime_ns and ctime_ns, in no order."""
        return self._documents.files(source)

    def known_contents(self, digests: Collection[str]) -> frozenset[str]:
        """Which of these payload digests (hex SHA-256) the store already holds, from whatever source."""
        return self._documents.known(digests)

    @contextmanager
    def bulk(self) -> Iterator[Bulk]:
        """A load of many batches, some of which share a transaction: what fails undoes the open one."""
        # the readers have the cores; a second thread of DuckDB mostly waits, and that costs
        self._execute("set threads = 1")
        bulk = Bulk(self._connection, self._documents)
        try:
            with self._transaction():
                self._bulk = bulk
                yield bulk
        finally:
            self._bulk = None
            self._execute("reset threads")

    def append_fiscal(self, rows: FiscalRows, *, source: str, run: Run) -> None:
        """Append parsed payloads, replace the rows of their files, keep refusals: one transaction.

        Of a content that the store holds, nothing is taken.
        """
        extraction_id = _extraction_id(run, source, FILES_STREAM)
        is_first_load = self._bulk is not None and self._bulk.is_first_load
        with self._documents.alone(), self._transaction():
            self._documents.append(rows.tables, source=source, extraction_id=extraction_id, as_of=run.as_of)
            self._documents.replace_files(
                rows.files,
                source=source,
                extraction_id=extraction_id,
                as_of=run.as_of,
                are_first=is_first_load,
            )
            self.keep_refusals(run, source=source, stream=FILES_STREAM, refusals=rows.refusals)
            if not is_first_load:
                self._resolve_files(rows.places, source=source, run=run)

    def replace_fiscal(
        self,
        rows: FiscalRows,
        *,
        contents: Collection[str],
        names: Collection[str],
        source: str,
        stream: str,
        run: Run,
    ) -> int:
        """Put payloads that were read again in the place of what was stored of them: one transaction.

        `contents` are those of the batch of which nothing may be left, `names` the tables that maps fill.
        Gives the number of units replaced. Rows keep the time at which they were first recorded.
        """
        with self._transaction():
            replaced = self._documents.replace(
                rows.tables,
                contents=contents,
                names=names,
                source=source,
                extraction_id=_extraction_id(run, source, stream),
                as_of=run.as_of,
            )
            self.keep_refusals(run, source=source, stream=FILES_STREAM, refusals=rows.refusals)
        return replaced

    def forget_contents(self, contents: Collection[str], *, names: Collection[str]) -> None:
        """Take out what is stored of contents that hold something else by the lists of today."""
        with self._transaction():
            self._documents.forget(contents, names=names)

    def readings(self, source: str) -> tuple[str | None, ...]:
        """What stands beside the contents of a source about who read them, each text once."""
        return self._documents.readings(source)

    def contents_read_by(
        self, readings: Collection[str | None], *, source: str, among: Collection[str]
    ) -> list[tuple[str, str, str]]:
        """Those of these contents of a source beside which one of the readings stands.

        Gives digest, path and inner path of each.
        """
        return self._documents.read_by(readings, source=source, among=among)

    def count_read_by(self, readings: Collection[str | None], *, source: str) -> int:
        """Beside how many contents of a source one of these readings stands."""
        return self._documents.count_read_by(readings, source=source)

    def left_unread(self, readings: Collection[str | None], *, source: str, run: Run) -> list[str]:
        """The contents of a source, by digest, beside which one still stands, and which this run left so."""
        extraction_id = _extraction_id(run, source, REREAD_STREAM)
        return self._documents.left_unread(readings, source=source, extraction_id=extraction_id)

    def read_with(self, source: str) -> str | None:
        """The fingerprint of what has read every content of a source; None when that is not known."""
        rows = self._rows(
            "select contract_fingerprint from quality.stream_state where source = ? and stream = ?",
            [source, FILES_STREAM],
        )
        return rows[0][0] if rows else None

    def keep_read_with(self, source: str, fingerprint: str) -> None:
        """Note with what every content of a source has been read."""
        self._insert(
            "quality.stream_state",
            [(source, FILES_STREAM, fingerprint, *_content_values(None), None)],
            replace=True,
        )

    def _resolve_files(self, places: Sequence[str], *, source: str, run: Run) -> None:
        """Resolve what was refused of files that were read again, and is not any more.

        A unit of a stored payload stays refused: that payload was not read again, only met again.
        """
        of_files = "regexp_extract(place, '^[^!#]*') in (select path from done)"
        with self._registered("done", text_column("path", places)):
            refused_in_part = self._rows(
                "select distinct content_sha256 from quality.quarantine"
                " where resolved_at is null and source = ? and stream = ?"
                f" and contains(place, '#') and {of_files}",
                [source, FILES_STREAM],
            )
            stored = self.known_contents([digest for (digest,) in refused_in_part])
            with self._registered("stored", text_column("digest", stored)):
                self._resolve(
                    run,
                    source=source,
                    stream=FILES_STREAM,
                    condition=f"{of_files} and not (contains(place, '#')"
                    " and content_sha256 in (select digest from stored))",
                )

    def fiscal_totals(self, run: Run, *, source: str, stream: str = FILES_STREAM) -> tuple[int, int]:
        """How many units a run brought of a source, and how many homologação documents are stored."""
        return self._documents.totals(source=source, extraction_id=_extraction_id(run, source, stream))

    # optional checks ---------------------------------------------------------------------------------------

    def due_for_verdict(self, table: str, *, source: str, version: str) -> int:
        """How many payloads of a source have no verdict of this version in a check's table."""
        return self._verdicts.count_due(table, source=source, version=version)

    def contents_without_verdict(
        self, table: str, *, source: str, version: str, after: str, limit: int
    ) -> list[str]:
        """The digests of such payloads, in their order: the next `limit` of them after a digest."""
        return self._verdicts.due(table, source=source, version=version, after=after, limit=limit)

    def append_verdicts(self, table: str, rows: pa.Table, *, source: str, run: Run) -> None:
        """Add verdicts of a check to its table: one transaction."""
        extraction_id = _extraction_id(run, source, table)
        with self._transaction():
            self._verdicts.append(table, rows, source=source, extraction_id=extraction_id, as_of=run.as_of)

    # quarantine ------------------------------------------------------------------------------------------

    def open_quarantine(
        self, *, source: str | None = None, reason: str | None = None
    ) -> tuple[Quarantined, ...]:
        """What stands refused, of one source and for one reason where given; the latest of each place."""
        rows = self._rows(
            """select quarantine_id, source, stream, place, reason, content_sha256, archive_ref, raw_text
                from quality.quarantine
                where resolved_at is null and ($1 is null or source = $1) and ($2 is null or reason = $2)
                qualify row_number() over (
                    partition by source, stream, place order by last_seen_at desc, quarantine_id) = 1
                order by source, stream, place""",
            [source, reason],
        )
        return tuple(Quarantined(*row) for row in rows)

    def keep_refusals(self, run: Run, *, source: str, stream: str, refusals: Sequence[Refusal]) -> None:
        """Put refused input into quarantine; the same content at the same place is another attempt."""
        if not refusals:
            return
        names = ("place", "reason", "detail", "content_sha256", "archive_ref", "raw_text")
        columns = {name: pa.array([getattr(r, name) for r in refusals], pa.string()) for name in names}
        with self._registered("kept", pa.table(columns)):
            self._upsert_quarantine(
                run,
                source=source,
                stream=stream,
                rows=f"select {', '.join(names)}, {_NO_ROW} from kept",
            )

    def resolve(self, run: Run, *, source: str, stream: str, tried: Collection[str]) -> None:
        """Mark those of the entries that this run tried again as resolved which it did not refuse again."""
        with self._registered("tried", text_column("quarantine_id", tried)):
            self._resolve(
                run,
                source=source,
                stream=stream,
                condition="quarantine_id in (select quarantine_id from tried)",
            )

    def _resolve(self, run: Run, *, source: str, stream: str, condition: str) -> None:
        """Mark open entries under a condition as resolved, but those that this extraction refused."""
        ((is_any,),) = self._rows(
            "select count(*) > 0 from quality.quarantine"
            " where resolved_at is null and source = ? and stream = ?",
            [source, stream],
        )
        if is_any:
            self._execute(
                f"""update quality.quarantine set resolved_at = ?
                    where resolved_at is null and source = ? and stream = ? and extraction_id <> ?
                        and ({condition})""",
                [run.as_of, source, stream, _extraction_id(run, source, stream)],
            )

    def _upsert_quarantine(self, run: Run, *, source: str, stream: str, rows: str) -> None:
        """`rows` is SQL of place, reason, detail, content_sha256, archive_ref and raw_text.

        Rows of a table also have row_id, entity_key, amount, is_deleted and is_surplus, for the totals.
        """
        self._execute(
            f"""insert into quality.quarantine
                select md5(concat_ws(chr(31), $source, $stream, place, content_sha256)), $run_id,
                    $extraction_id, $source, $stream, place, any_value(reason), any_value(detail),
                    content_sha256, any_value(archive_ref), any_value(raw_text), $as_of, $as_of, null, 1,
                    any_value(row_id), any_value(entity_key), any_value(amount), any_value(is_deleted),
                    any_value(is_surplus)
                from ({rows}) group by place, content_sha256
                on conflict (quarantine_id) do update set
                    run_id = excluded.run_id, extraction_id = excluded.extraction_id,
                    reason = excluded.reason, detail = excluded.detail, archive_ref = excluded.archive_ref,
                    last_seen_at = excluded.last_seen_at, resolved_at = null, attempts = attempts + 1,
                    row_id = excluded.row_id, entity_key = excluded.entity_key, amount = excluded.amount,
                    is_deleted = excluded.is_deleted, is_surplus = excluded.is_surplus""",
            {
                "source": source,
                "stream": stream,
                "run_id": run.run_id,
                "extraction_id": _extraction_id(run, source, stream),
                "as_of": run.as_of,
            },
        )

    # quality ---------------------------------------------------------------------------------------------

    def record_completeness(self, run: Run, totals: Iterable[Completeness]) -> None:
        """Write control totals of a run; those of the same (source, stream, stage) again take their place."""
        self._insert(
            "quality.completeness",
            [
                (run.run_id, t.source, t.stream, t.stage, t.row_count, t.amount_total, t.key_hash)
                for t in totals
            ],
            replace=True,
        )

    def keep_measured(self, run: Run) -> None:
        """Put what the models counted of their own stages beside what was counted when rows came in."""
        stages = ("staged", "due", "mart")
        with self._transaction():
            self._execute(
                f"delete from quality.completeness where run_id = ? and stage in {stages}", [run.run_id]
            )
            for stage in stages:
                self._execute(
                    f"""insert into quality.completeness
                        select ?, source, stream, {literal(stage)}, {stage}_rows, {stage}_amount,
                            {stage}_key_hash
                        from quality.completeness_verdicts where {stage}_rows is not null""",
                    [run.run_id],
                )

    def record_checks(self, run: Run, checks: Iterable[Check], results: Iterable[CheckResult]) -> None:
        """Write the catalogue of checks, what they said in this run, and their failing keys."""
        results = list(results)
        with self._transaction():
            self._insert(
                "quality.checks",
                [(c.check_name, c.tool, c.subject, c.severity, c.description) for c in checks],
                replace=True,
            )
            self._insert(
                "quality.check_results",
                [(run.run_id, r.check_name, r.status, r.failures, r.checked_at, r.message) for r in results],
                replace=True,
            )
            for result in results:
                self._execute(
                    "delete from quality.check_failures where run_id = ? and check_name = ?",
                    [run.run_id, result.check_name],
                )
            self._insert(
                "quality.check_failures",
                [
                    (run.run_id, result.check_name, key, json.dumps(detail, default=str, ensure_ascii=False))
                    for result in results
                    for key, detail in result.failing
                ],
            )

    def _log(
        self,
        result: StreamResult,
        *,
        run: Run,
        started_at: datetime,
        finished_at: datetime,
        watermarks: tuple[Watermark | None, Watermark | None] = (None, None),
        totals: Totals | None = None,
    ) -> None:
        self._insert(
            "quality.extractions",
            [
                (
                    _extraction_id(run, result.source, result.stream),
                    run.run_id,
                    result.source,
                    result.stream,
                    result.mode,
                    result.status,
                    started_at,
                    finished_at,
                    result.rows_read,
                    result.rows_new,
                    result.rows_changed,
                    result.rows_deleted,
                    result.rows_quarantined,
                    *(None if mark is None else mark.to_text() for mark in watermarks),
                    None if totals is None else totals.amount,
                    None if totals is None else totals.key_hash,
                    ", ".join(result.missing_columns),
                    ", ".join(result.extra_columns),
                    result.message,
                    None if totals is None else totals.row_count,
                )
            ],
            replace=True,
        )

    def _keep_state(
        self, result: StreamResult, *, contract: TableContract, content: Content | None, watermark: Watermark
    ) -> None:
        self._insert(
            "quality.stream_state",
            [
                (
                    result.source,
                    result.stream,
                    contract.fingerprint,
                    *_content_values(content),
                    watermark.to_text(),
                )
            ],
            replace=True,
        )

    # DuckDB ----------------------------------------------------------------------------------------------

    def _execute(self, sql: str, parameters: object = None) -> None:
        self._connection.execute(sql, parameters)

    def _rows(self, sql: str, parameters: object = None) -> list[Any]:
        return self._connection.execute(sql, parameters).fetchall()

    def _insert(self, table: str, rows: Sequence[Sequence[Any]], *, replace: bool = False) -> None:
        if rows:
            marks = ", ".join("?" for _ in rows[0])
            verb = "insert or replace" if replace else "insert"
            self._connection.executemany(f"{verb} into {table} values ({marks})", rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; inside another one, its all or nothing."""
        if self._is_in_transaction:
            yield
            return
        self._connection.execute("begin transaction")
        self._is_in_transaction = True
        try:
            yield
        except BaseException:
            # the first error is the one to tell, and a broken attachment may make this fail too
            with suppress(duckdb.Error):
                self._connection.execute("rollback")
            raise
        finally:
            self._is_in_transaction = False
        self._connection.execute("commit")

    def _registered(self, name: str, table: pa.Table) -> AbstractContextManager[None]:
        return registered(self._connection, name, table)

    def _attach(self, attachment: Attachment) -> None:
        if attachment.alias in self._attached:
            return
        load_extension(self._connection, attachment.extension)
        self._execute(
            f"attach {literal(attachment.url)} as {quoted(attachment.alias)}"
            f" (type {attachment.type}, read_only)"
        )
        self._attached.add(attachment.alias)

    def _detach_all(self) -> None:
        while self._attached:
            with suppress(duckdb.Error):
                self._execute(f"detach {quoted(self._attached.pop())}")


def _make(path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"attach {literal(str(path))} as made (storage_version {literal(STORAGE_VERSION)})"
        )


def _extraction_id(run: Run, source: str, stream: str) -> str:
    return f"{run.run_id}:{source}:{stream}"


def _content_values(content: Content | None) -> tuple[Any, ...]:
    if content is None:
        return (None, None, None, None)
    return (content.size, content.mtime_ns, content.ctime_ns, content.sha256)
