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
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from ingestion.contracts import Contracts, TableContract
from ingestion.delivery import Attachment, Content, Delivery, Watermark
from ingestion.duckdb_extensions import load_extension
from ingestion.errors import ClockWentBack, StoreBusy
from ingestion.landing import literal, quoted
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
from ingestion.schema import SETTINGS_TABLES, bring_into_shape
from ingestion.versions import MALFORMED_LINE, Merge, Merged, RowsMissed, Totals
from ingestion.workspace import Workspace

__all__ = [
    "MALFORMED_LINE",
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

FISCAL_SCHEMA: Final = "raw_fiscal_xml"
FILES_STREAM: Final = "files"
"""The one stream of a source of fiscal XML."""

MEMORY_LIMIT: Final = "320MB"
"""DuckDB's share while rows come in: what is more goes through the disk, which costs a large table little."""

_LOCK_HOLDER: Final = re.compile(r"PID (\d+)")

_LOG = logging.getLogger(__name__)


class Store:
    """The open warehouse. Use as a context manager; close it before anything else opens the file."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, *, contracts: Contracts, software_version: str
    ) -> None:
        self._connection = connection
        self._contracts = contracts
        self._software_version = software_version
        self._attached: set[str] = set()

    @classmethod
    def open(cls, path: Path, *, contracts: Contracts, software_version: str) -> Self:
        """Open (or make) the warehouse and bring it into shape.

        Every raw table of `contracts` exists afterwards. Raises StoreBusy when another process has the
        file, ContractError when what is stored does not fit a contract any more.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
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
        return cls(connection, contracts=contracts, software_version=software_version)

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
            "branch_codes": [
                (source.name, code, branch.cnpj)
                for source in workspace.sources
                for _, branch in branches
                if (code := branch.code_in(source.name)) is not None
            ],
            "sources": [(source.name, source.system, source.company) for source in workspace.sources],
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
        for table in SETTINGS_TABLES:
            if table != "clock":
                said += self._rows(f"from raw_settings.{table} order by all")
        return hashlib.sha256(repr((self._software_version, said)).encode()).hexdigest()

    # tables ----------------------------------------------------------------------------------------------

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
        try:
            with self._transaction():
                merged = merge.run(
                    delivery, identities=identities, allow_empty=allow_empty, last_version=last_version
                )
                result = _result_of(
                    merged, source=source, stream=contract.native, mode=mode, delivery=delivery
                )
                watermark = merged.watermark.advanced_from(before, now=clock())
                self._execute("update quality.store_state set last_version = ?", [merged.last_version])
                self._upsert_quarantine(run, source=source, stream=contract.native, rows=merge.refused_rows)
                self.resolve(run, source=source, stream=contract.native, tried=replayed)
                # good this time, or no longer delivered
                place = f"{literal(contract.native + ':')} || _row_id"
                came = f"place in (select {place} from {merge.accepted_rows})"
                self._resolve(
                    run,
                    source=source,
                    stream=contract.native,
                    condition="true" if delivery.is_whole else came,
                )
                if not replayed:
                    self._keep_state(result, contract=contract, content=content, watermark=watermark)
                self._log(
                    result,
                    run=run,
                    started_at=started_at,
                    finished_at=clock(),
                    watermarks=(before, watermark),
                    totals=merged.source,
                )
                self.record_completeness(run, _completeness_of(merged, result, is_whole=delivery.is_whole))
        except duckdb.Error:
            # a broken connection stays broken; the next table gets a fresh one
            self._detach_all()
            raise
        merge.forget()
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
        """The files read before: path, size, mtime_ns, ctime_ns, sha256, state, ordered by path."""
        return self._connection.execute(
            f"select path, size, mtime_ns, ctime_ns, sha256, state from {FISCAL_SCHEMA}.files"
            " where _source = ? order by path",
            [source],
        ).to_arrow_table()

    def known_contents(self, digests: Collection[str]) -> frozenset[str]:
        """Which of these payload digests (hex SHA-256) the store already holds, from whatever source."""
        with self._registered("asked", _column("digest", digests)):
            rows = self._rows(
                f"select _content_sha256 from {FISCAL_SCHEMA}.payloads"
                " where _content_sha256 in (select digest from asked)"
            )
        return frozenset(digest for (digest,) in rows)

    def append_fiscal(self, rows: FiscalRows, *, source: str, run: Run) -> None:
        """Append parsed payloads, replace the rows of their files, keep refusals: one transaction.

        Of a content that the store holds, only the units are taken that it lacks (by `_content_sha256` and
        `_ordinal`): those that were refused before and are read now.
        """
        payloads = rows.tables.get("payloads")
        offered = [] if payloads is None else payloads["_content_sha256"].to_pylist()
        known = self.known_contents(offered)
        envelope = {
            "_source": literal(source),
            "_recorded_at": f"timestamptz {literal(run.as_of.isoformat())}",
            "_extraction_id": literal(_extraction_id(run, source, FILES_STREAM)),
        }
        with self._transaction(), self._registered("known", _column("digest", known)):
            if known:
                # counted anew: more of it may be read now
                self._execute(
                    f"delete from {FISCAL_SCHEMA}.payloads"
                    " where _content_sha256 in (select digest from known)"
                )
            for name, table in rows.tables.items():
                self._append(name, table, envelope, lacks_only=bool(known))
            self._replace_files(rows.files, envelope, source=source)
            self.keep_refusals(run, source=source, stream=FILES_STREAM, refusals=rows.refusals)
            with self._registered("done", _column("path", rows.places)):
                # of a file that was read again, what was refused before and is not any more
                self._resolve(
                    run,
                    source=source,
                    stream=FILES_STREAM,
                    condition="regexp_extract(place, '^[^!#]*') in (select path from done)",
                )

    def _append(self, name: str, table: pa.Table, envelope: Mapping[str, str], *, lacks_only: bool) -> None:
        target = f"{FISCAL_SCHEMA}.{quoted(name)}"
        taken = [column for column in table.column_names if column not in envelope]
        columns = ", ".join(map(quoted, (*taken, *envelope)))
        values = ", ".join((*map(quoted, taken), *envelope.values()))
        lacking = f""" where _content_sha256 not in (select digest from known)
            or (_content_sha256, _ordinal) not in (
                select (_content_sha256, _ordinal) from {target}
                where _content_sha256 in (select digest from known))"""
        with self._registered("appended", table):
            self._execute(
                f"insert into {target} ({columns}) select {values} from appended"
                + (lacking if lacks_only else "")
            )

    def _replace_files(self, files: pa.Table, envelope: Mapping[str, str], *, source: str) -> None:
        with self._registered("read_files", files):
            self._execute(
                f"delete from {FISCAL_SCHEMA}.files"
                " where _source = ? and path in (select path from read_files)",
                [source],
            )
        self._append("files", files, envelope, lacks_only=False)

    def fiscal_totals(self, run: Run, *, source: str) -> tuple[int, int]:
        """How many units a run brought of a source, and how many homologação documents are stored."""
        brought = " union all ".join(
            f"select count(*) as units from {FISCAL_SCHEMA}.{table} where _extraction_id = $1"
            for table in ("documents", "protocols", "events", "summaries")
        )
        ((units,),) = self._rows(
            f"select sum(units)::bigint from ({brought})", [_extraction_id(run, source, FILES_STREAM)]
        )
        ((homologation,),) = self._rows(
            f"select count(*) from {FISCAL_SCHEMA}.documents where _source = ? and environment = '2'",
            [source],
        )
        return units, homologation

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
                run, source=source, stream=stream, rows=f"select {', '.join(names)} from kept"
            )

    def resolve(self, run: Run, *, source: str, stream: str, tried: Collection[str]) -> None:
        """Mark those of the entries that this run tried again as resolved which it did not refuse again."""
        with self._registered("tried", _column("quarantine_id", tried)):
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
        """`rows` is SQL of place, reason, detail, content_sha256, archive_ref and raw_text."""
        self._execute(
            f"""insert into quality.quarantine
                select md5(concat_ws(chr(31), $source, $stream, place, content_sha256)), $run_id,
                    $extraction_id, $source, $stream, place, any_value(reason), any_value(detail),
                    content_sha256, any_value(archive_ref), any_value(raw_text), $as_of, $as_of, null, 1
                from ({rows}) group by place, content_sha256
                on conflict (quarantine_id) do update set
                    run_id = excluded.run_id, extraction_id = excluded.extraction_id,
                    reason = excluded.reason, detail = excluded.detail, archive_ref = excluded.archive_ref,
                    last_seen_at = excluded.last_seen_at, resolved_at = null, attempts = attempts + 1""",
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
        self._connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            # the first error is the one to tell, and a broken attachment may make this fail too
            with suppress(duckdb.Error):
                self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    @contextmanager
    def _registered(self, name: str, table: pa.Table) -> Iterator[None]:
        self._connection.register(name, table)
        try:
            yield
        finally:
            self._connection.unregister(name)

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


def _extraction_id(run: Run, source: str, stream: str) -> str:
    return f"{run.run_id}:{source}:{stream}"


def _column(name: str, values: Collection[str]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string())})


def _content_values(content: Content | None) -> tuple[Any, ...]:
    if content is None:
        return (None, None, None, None)
    return (content.size, content.mtime_ns, content.ctime_ns, content.sha256)


def _result_of(merged: Merged, *, source: str, stream: str, mode: str, delivery: Delivery) -> StreamResult:
    return StreamResult(
        source=source,
        stream=stream,
        mode=mode,
        status="ok",
        rows_read=merged.rows_read,
        rows_new=merged.rows_new,
        rows_changed=merged.rows_changed,
        rows_deleted=merged.rows_deleted,
        rows_quarantined=merged.rows_refused,
        missing_columns=merged.columns.missing,
        extra_columns=(*merged.columns.extra, *delivery.extra_columns),
        message="; ".join(merged.notes) or None,
    )


def _completeness_of(merged: Merged, result: StreamResult, *, is_whole: bool) -> list[Completeness]:
    """Only a whole delivery says how many rows its source has."""
    stages = {"store": merged.store}
    if is_whole:
        stages |= {"source": merged.source, "quarantine": merged.refused}
    return [
        Completeness(result.source, result.stream, stage, totals.row_count, totals.amount, totals.key_hash)
        for stage, totals in stages.items()
    ]
